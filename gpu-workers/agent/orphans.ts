// Ends processes that no agent holds any more: what a killed agent left, and what a replica's own children left. Owns the rule which
// process may be killed: the very process that was recorded (pid and start time), or one that carries the token of its row.
import { setTimeout as sleep } from 'node:timers/promises';
import { findByEnvironment, isRunning, type ProcessIdentity } from './process-table.ts';
import type { ReplicaRow } from './replica-book.ts';

/** Set in each replica's environment: `id:generation`, for whoever reads the process table. */
export const replicaVariable = 'PILOTLIGHT_REPLICA';
/** Set in each replica's environment: the token of its row. */
export const tokenVariable = 'PILOTLIGHT_REPLICA_TOKEN';

/** A process that SIGKILL does not end within this long hangs in the kernel. */
const goneWithinMs = 5_000;
const pollMs = 10;
/** A process forks between two looks at most this often in practice; the last look must find nothing. */
const looksMax = 20;
/** A child whose agent was killed in the middle of the spawn shows its own environment only once it has begun its program. */
const halfSpawnedMs = 100;

export interface Sweep {
  readonly killed: readonly ProcessIdentity[];
  /** Still there after SIGKILL. */
  readonly stuck: readonly ProcessIdentity[];
}

/** Kills what an earlier agent has left of these rows and waits until it is gone. */
export async function sweepLeftovers(rows: readonly ReplicaRow[]): Promise<Sweep> {
  if (rows.some((row) => row.process === null)) await sleep(halfSpawnedMs);
  return sweepProcesses(rows);
}

/** Kills every process of these rows and waits until they are gone. */
export async function sweepProcesses(rows: readonly ReplicaRow[]): Promise<Sweep> {
  const killed = new Map<number, ProcessIdentity>();
  let stuck: readonly ProcessIdentity[] = [];
  for (let look = 0; look < looksMax && stuck.length === 0; look += 1) {
    const found = findProcesses(rows);
    if (found.length === 0) break;
    for (const each of found) {
      kill(each);
      killed.set(each.pid, each);
    }
    stuck = await waitGone(found);
  }
  return { killed: [...killed.values()], stuck };
}

/**
 * A recorded process is known by pid and start time alone, because a program may overwrite its environment (a changed process title
 * does). A row without a process, and whatever a replica has forked, is known by the token.
 */
function findProcesses(rows: readonly ReplicaRow[]): readonly ProcessIdentity[] {
  const recorded = rows.flatMap(({ process }) => (process !== null && isRunning(process) ? [process] : []));
  const marked = findByEnvironment(new Set(rows.map(({ token }) => `${tokenVariable}=${token}`)));
  return [...new Map([...recorded, ...marked].map((each) => [each.pid, each])).values()];
}

function kill({ pid }: ProcessIdentity): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone between the look and the kill.
  }
}

async function waitGone(processes: readonly ProcessIdentity[]): Promise<readonly ProcessIdentity[]> {
  const untilMs = performance.now() + goneWithinMs;
  let left = processes.filter(isRunning);
  while (left.length > 0 && performance.now() < untilMs) {
    await sleep(pollMs);
    left = left.filter(isRunning);
  }
  return left;
}
