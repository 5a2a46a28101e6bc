// What differs between the things that can be scaled on Kubernetes. Owns the words.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { BackendError, BackendReply } from '../../../src/backends/backend.ts';
import type { PlaceTarget } from '../../../src/backends/managed/managed-place.ts';
import type { KubernetesLaunch } from '../../../src/core/registry/model.ts';
import { inContract } from './apply-fields.ts';
import type { ClusterApi } from './cluster-api.ts';
import type { Deployments } from './cluster-objects.ts';

export interface ShapeOptions {
  readonly api: ClusterApi;
  readonly launch: KubernetesLaunch;
  readonly namespace: string;
}

/** Where its pods are found, and what it says of itself. */
export interface ShapeSight {
  readonly endpoint: string | null;
  /** Label query of its pods. */
  readonly selector: string;
  readonly deployments: Deployments;
}

/** `wanted` is asked for as late as may be: it changes while a write waits. */
export interface PlaceShape {
  set(wanted: () => PlaceTarget): BackendReply<null>;
  look(): BackendReply<ShapeSight>;
}

/** Reads an object as `schema` has it; one that is not there is a mistake in the configuration, because nothing of ours makes it. */
export async function readObject<T>(
  api: ClusterApi,
  path: string,
  { schema, what }: { readonly schema: Schema<T>; readonly what: string },
): Promise<Result<T, BackendError>> {
  const read = await api.read(path);
  if (!read.ok) return err(orMissing(inContract(read.error), what));
  const parsed = schema.safeParse(read.value);
  if (parsed.success) return ok(parsed.data);
  return err({ kind: 'bad-reply', message: `Kubernetes: ${what} is not as its API says` });
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

export function orMissing(error: BackendError, what: string): BackendError {
  if (error.kind !== 'not-found') return error;
  return { kind: 'cannot-start', message: `Kubernetes has no ${what}: apply it (${error.message})` };
}
