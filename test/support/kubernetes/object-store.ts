// Objects of the Kubernetes API as its server keeps them: versions, and whose each field is. Follows the published rules of server-side apply
// (structured-merge-diff) for maps; lists are one value. Owns the objects; knows no kind in particular.
import { randomUUID } from 'node:crypto';
import type { ManagedFieldsEntry, ObjectMeta, StatusCause } from 'kubernetes-types/meta/v1';

export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  metadata: ObjectMeta;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export type Sent = Partial<Omit<StoredObject, 'metadata'>> & { readonly metadata?: Partial<ObjectMeta> };

export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly causes?: readonly StatusCause[];
}

interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly fields: Set<string>;
}

const separator = '\u0000';
/** What a server enters for fields that nobody owns, as soon as somebody applies to an object that has no owners at all. */
export const nobody = 'before-first-apply';

export interface ApplyOptions {
  readonly manager: string;
  readonly force: boolean;
  /** The one field that a subresource has; others count for nothing. */
  readonly scope?: string;
  /** The version that conflicts are told in. */
  readonly shownAs?: string;
  /** Whether owners are known there at all. */
  readonly tracked?: boolean;
}

interface Kept {
  readonly object: StoredObject;
  owners: Owner[];
}

interface Merge {
  readonly leaves: readonly string[];
  readonly sent: Sent;
  readonly options: ApplyOptions;
}

export class ObjectStore {
  readonly #objects = new Map<string, Kept>();
  #version = 100;

  get(path: string): StoredObject | null {
    const kept = this.#objects.get(path);
    if (kept === undefined) return null;
    const object = structuredClone(kept.object);
    return { ...object, metadata: { ...object.metadata, managedFields: kept.owners.map(render) } };
  }

  list(folder: string): readonly StoredObject[] {
    return [...this.#objects.keys()]
      .filter((path) => path.startsWith(`${folder}/`))
      .flatMap((path) => this.get(path) ?? []);
  }

  /** Put there by `manager`, who owns `owned`: all that was sent, or, where defaults were filled in for an applier, only what it said. */
  create(path: string, object: StoredObject, manager: string, owned: Sent = object): void {
    const metadata = {
      ...object.metadata,
      uid: randomUUID(),
      resourceVersion: this.#next(),
      creationTimestamp: new Date().toISOString(),
    };
    const fields = new Set(leavesOf(owned));
    const owners: Owner[] = fields.size === 0 ? [] : [{ manager, operation: 'Update', fields }];
    this.#objects.set(path, { object: { ...structuredClone(object), metadata }, owners });
  }

  delete(path: string): void {
    this.#objects.delete(path);
  }

  /** As a PUT or a PATCH that is no apply: it takes what it changes. */
  update(path: string, manager: string, change: Sent): void {
    const kept = this.#kept(path);
    const changed = leavesOf(change).filter((leaf) => differs(kept.object, change, leaf));
    if (changed.length === 0) return;
    for (const leaf of changed) write(kept.object, leaf, read(change, leaf));
    for (const owner of kept.owners) for (const leaf of changed) owner.fields.delete(leaf);
    this.#own(kept, { manager, operation: 'Update', fields: new Set(changed) });
    this.#bump(kept.object);
  }

  /** Status belongs to controllers, and each write of it is a new version. */
  setStatus(path: string, status: Record<string, unknown>): void {
    const kept = this.#objects.get(path);
    if (kept === undefined || JSON.stringify(kept.object.status) === JSON.stringify(status)) return;
    kept.object.status = status;
    this.#bump(kept.object);
  }

  /** A version that is new though nothing is. */
  touch(path: string): void {
    this.#bump(this.#kept(path).object);
  }

  apply(path: string, sent: Sent, options: ApplyOptions): Refusal | null {
    const kept = this.#objects.get(path);
    const name = path.split('/').at(-1) ?? '';
    if (kept === undefined) return refuseMissing(name, sent);
    if (isOther(kept.object, sent))
      return {
        code: 409,
        reason: 'Conflict',
        message: `Operation cannot be fulfilled on "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      };
    const { scope, force } = options;
    const leaves = leavesOf(sent).filter((leaf) => scope === undefined || leaf === scope);
    const causes = this.#conflicts(kept, { leaves, sent, options });
    if (causes.length > 0 && !force) {
      const message = `Apply failed with ${causes.length} conflict(s)`;
      return { code: 409, reason: 'Conflict', message, causes };
    }
    const before = fingerprint(kept);
    this.#merge(kept, { leaves, sent, options });
    if (fingerprint(kept) !== before) this.#bump(kept.object);
    return null;
  }

  #merge(kept: Kept, { leaves, sent, options: { manager, tracked = true } }: Merge): void {
    for (const leaf of leaves.filter((each) => differs(kept.object, sent, each))) {
      for (const owner of kept.owners) if (owner.manager !== manager && tracked) owner.fields.delete(leaf);
      write(kept.object, leaf, read(sent, leaf));
    }
    if (!tracked) return;
    kept.owners = kept.owners.filter((owner) => owner.manager !== manager || owner.operation !== 'Apply');
    this.#own(kept, { manager, operation: 'Apply', fields: new Set(leaves) });
  }

  #conflicts({ object, owners }: Kept, { leaves, sent, options }: Merge): StatusCause[] {
    const { manager, scope, shownAs = object.apiVersion, tracked = true } = options;
    return leaves
      .filter((leaf) => differs(object, sent, leaf))
      .flatMap((leaf) => {
        const holders = owners.filter(({ fields, manager: each }) => each !== manager && fields.has(leaf));
        const seen = scope === undefined ? owners : owners.filter(({ fields }) => fields.has(leaf));
        const names = seen.length === 0 || !tracked ? [nobody] : holders.map((holder) => holder.manager);
        return names.map((each) => ({
          reason: 'FieldManagerConflict',
          message: `conflict with "${each}" using ${shownAs}`,
          field: `.${leaf.split(separator).join('.')}`,
        }));
      });
  }

  #own(kept: Kept, owner: Owner): void {
    kept.owners = [...kept.owners, owner].filter(({ fields }) => fields.size > 0);
  }

  #kept(path: string): Kept {
    const kept = this.#objects.get(path);
    if (kept === undefined) throw new Error(`no object ${path}`);
    return kept;
  }

  #bump(object: StoredObject): void {
    object.metadata = { ...object.metadata, resourceVersion: this.#next() };
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

/** An apply would make it; whoever may not create, and whoever meant another one, is refused. */
function refuseMissing(name: string, { metadata }: Sent): Refusal {
  return metadata?.uid === undefined && metadata?.resourceVersion === undefined
    ? { code: 403, reason: 'Forbidden', message: `"${name}" is forbidden: an apply would create it` }
    : { code: 409, reason: 'Conflict', message: `Precondition failed: no object "${name}" exists` };
}

function isOther({ metadata }: StoredObject, { metadata: sent = {} }: Sent): boolean {
  const { uid = metadata.uid, resourceVersion = metadata.resourceVersion } = sent;
  return uid !== metadata.uid || resourceVersion !== metadata.resourceVersion;
}

function fingerprint({ object, owners }: Kept): string {
  return JSON.stringify([object, owners.map((owner) => JSON.stringify(render(owner))).toSorted()]);
}

export function fieldOf(...path: readonly string[]): string {
  return path.join(separator);
}

/** What identifies an object is no field of it. */
function leavesOf({ metadata = {}, spec = {} }: Sent): readonly string[] {
  const { labels = {}, annotations = {} } = metadata;
  return walk({ metadata: { labels, annotations }, spec }, []);
}

function walk(value: unknown, path: readonly string[]): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path.join(separator)];
  return Object.entries(value).flatMap(([name, each]) => walk(each, [...path, name]));
}

function differs(object: StoredObject, sent: Sent, leaf: string): boolean {
  return JSON.stringify(read(object, leaf)) !== JSON.stringify(read(sent, leaf));
}

function read(from: object, leaf: string): unknown {
  let at: unknown = from;
  for (const name of leaf.split(separator))
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  return at;
}

function write(to: object, leaf: string, value: unknown): void {
  const names = leaf.split(separator);
  let at = to as Record<string, unknown>;
  for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
  at[names.at(-1) ?? ''] = value;
}

function render({ manager, operation, fields }: Owner): ManagedFieldsEntry {
  const tree: Record<string, unknown> = {};
  for (const leaf of fields) {
    let at = tree;
    for (const name of leaf.split(separator)) at = (at[`f:${name}`] ??= {}) as Record<string, unknown>;
  }
  return { manager, operation, fieldsType: 'FieldsV1', fieldsV1: tree };
}
