// Sets fields of one object by server-side apply: reads it, applies what is wanted to the version that was read, and reads again when that
// was another's by then. Owns the bound on how often, and when a field is nobody's.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { BackendError } from '../../../src/backends/backend.ts';
import type { ApiFailure } from './api-failure.ts';
import type { ClusterApi, ApiReply } from './cluster-api.ts';
import { anyObject, type Metadata } from './cluster-objects.ts';
import { nobody, ownersOf, type FieldPath } from './field-owners.ts';

/** Controllers write the status of an object while its pods come and go: a few in a row are usual, more are a quarrel. */
const triesMax = 5;

export interface FieldSet {
  readonly api: ClusterApi;
  /** The object whose fields they are. */
  readonly path: string;
  /** Where they are set, if that is a subresource. */
  readonly subresource?: string;
  readonly fields: readonly FieldPath[];
  /**
   * What is to be ours. It carries the version that was read, so that a write that was given up on and comes late is refused instead of
   * undoing a later one, and so that an object that is gone meanwhile is not made anew.
   */
  make(metadata: Metadata): object;
}

export async function applyFields(set: FieldSet): Promise<Result<null, BackendError>> {
  let last = '';
  for (let tries = 0; tries < triesMax; tries += 1) {
    const seen = await readMetadata(set);
    if (!seen.ok) return seen;
    const applied = await applyTo(set, seen.value);
    if (applied.ok) return ok(null);
    if (applied.error.kind !== 'changed') return err(inContract(applied.error));
    last = applied.error.message;
  }
  return err({ kind: 'bad-reply', message: `${last} (changed by others ${triesMax} times in a row)` });
}

async function applyTo({ api, path, subresource, fields, make }: FieldSet, seen: Metadata): ApiReply {
  const at = subresource === undefined ? path : `${path}/${subresource}`;
  const object = make(seen);
  const applied = await api.apply(at, object);
  if (applied.ok || applied.error.kind !== 'owned') return applied;
  if (applied.error.managers.some((manager) => manager !== nobody)) return applied;
  // A server before 1.22 says so of every scale subresource, whoever owns the replicas.
  const owners = fields.flatMap((field) => ownersOf(seen.managedFields, field));
  const others = [...new Set(owners)].filter((manager) => manager !== api.fieldManager);
  if (others.length > 0) {
    const names = others.map((manager) => `conflict with "${manager}"`).join(', ');
    return err({ ...applied.error, message: `${applied.error.message}: ${names}`, managers: others });
  }
  // Taken from nobody: of this very version it is known that nobody owns them.
  return api.apply(at, object, true);
}

async function readMetadata({ api, path }: FieldSet): Promise<Result<Metadata, BackendError>> {
  const read = await api.read(path);
  if (!read.ok) return err(inContract(read.error));
  const parsed = anyObject.safeParse(read.value);
  if (parsed.success) return ok(parsed.data.metadata);
  return err({ kind: 'bad-reply', message: `Kubernetes: ${path} is no object` });
}

/** Nothing of ours changes whose a field is: the configuration has to, or the setting that allows to take it. */
export function inContract(failure: ApiFailure): BackendError {
  switch (failure.kind) {
    case 'owned':
      return {
        kind: 'cannot-start',
        message: `${failure.message}: leave the field out there, or set KUBERNETES_FORCE=1 to take it`,
      };
    case 'changed':
      return { kind: 'bad-reply', message: failure.message };
    default:
      return failure;
  }
}
