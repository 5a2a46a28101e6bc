// Carries a pool's commands to its backend and the backend's words back into the pool's. Never throws: whatever goes wrong is an
// outcome that the pool can decide on.
import { err, ok, type Result } from '../core/base/result.ts';
import type { Backend, HoldCommand, ReplicaReport } from '../backends/backend.ts';
import type { BackendFailure, ReplicaSighting } from '../core/pool/sighting.ts';
import type { CommandRef } from './pool-host.ts';

export async function performCommand(
  backend: Backend,
  ref: CommandRef & { readonly pool: string; readonly version: string },
): Promise<Result<ReplicaSighting | null, BackendFailure>> {
  const { replicaId: id, generation, pool, version, waitMs } = ref;
  try {
    const reply = await callBackend(backend, ref.command, { id, generation, pool, version, waitMs });
    if (!reply.ok) return reply;
    return ok(reply.value === null ? null : sightingOf(reply.value));
  } catch (cause) {
    return err({ kind: 'bad-reply', message: describe(cause) });
  }
}

export async function performList(
  backend: Backend,
  pool: string,
): Promise<Result<readonly ReplicaSighting[], BackendFailure>> {
  try {
    const reply = await backend.list(pool);
    return reply.ok ? ok(reply.value.map(sightingOf)) : reply;
  } catch (cause) {
    return err({ kind: 'bad-reply', message: describe(cause) });
  }
}

/** Whether the place has heard; one without a buffer has nothing to hear. */
export async function performHold(backend: Backend, command: HoldCommand): Promise<boolean> {
  try {
    const reply = await backend.hold?.(command);
    return reply === undefined || reply.ok;
  } catch {
    return false;
  }
}

async function callBackend(
  backend: Backend,
  command: CommandRef['command'],
  start: Parameters<Backend['start']>[0],
): Promise<Awaited<ReturnType<Backend['start']>> | Awaited<ReturnType<Backend['stop']>>> {
  switch (command) {
    case 'start':
      return backend.start(start);
    case 'park':
      return backend.park(start);
    case 'wake':
      return backend.wake(start);
    case 'stop':
      return backend.stop(start);
  }
}

function sightingOf(report: ReplicaReport): ReplicaSighting {
  const { id, generation, condition, endpoint, loadMs, wakeMs, reason } = report;
  return { id, generation, condition, endpoint, loadMs, wakeMs, reason };
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown error';
}
