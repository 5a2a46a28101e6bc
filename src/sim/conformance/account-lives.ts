// Is every second of every replica on the books? Compares a pool's ledger with clocks that are not its own: the birth of each replica that
// lives, and, of those that are gone, the commands that began and ended them as the backend saw them. Pure.
import type { PoolView } from '../../core/pool/pool-view.ts';
import type { GivenCommand } from './pool-command.ts';

export interface LifeAccount {
  readonly pool: string;
  /** What the pool has on its books, and how it is made up. */
  readonly lifetimeMs: number;
  readonly busyMs: number;
  readonly idleMs: number;
  readonly loadingMs: number;
  readonly parkedMs: number;
  /** The same time by the other clocks; of replicas that are gone only where the backend's commands were seen. */
  readonly observedMs: number;
  readonly replicas: number;
  readonly faults: readonly string[];
}

/** A command is on its way for some milliseconds on either end. */
const wayMsMax = 100;

export function accountLives(view: PoolView, commands: readonly GivenCommand[] | null): LifeAccount {
  const faults: string[] = [];
  const { life, past, replicas } = view;
  const buckets = sumOf(life);
  if (buckets !== life.lifetimeMs) faults.push(`busy + idle + loading + parked is ${buckets} ms`);
  let livingMs = 0;
  for (const replica of replicas) {
    const ageMs = view.nowMs - replica.createdMs;
    livingMs += ageMs;
    if (sumOf(replica.life) !== ageMs)
      faults.push(`${replica.id} is ${ageMs} ms old and has ${sumOf(replica.life)} ms on its books`);
  }
  if (past.life.lifetimeMs + replicas.reduce((sum, each) => sum + sumOf(each.life), 0) !== life.lifetimeMs)
    faults.push('past and present do not add up');
  const gone = commands === null ? null : goneLives(view, commands);
  if (gone !== null) faults.push(...compareGone(view, gone));
  const goneMs = gone === null ? past.life.lifetimeMs : gone.reduce((sum, ms) => sum + ms, 0);
  return {
    pool: view.pool,
    ...life,
    observedMs: livingMs + goneMs,
    replicas: past.replicas + replicas.length,
    faults,
  };
}

/** From the first word of a start to the end of a stop, of each replica that is gone. */
function goneLives(view: PoolView, commands: readonly GivenCommand[]): readonly number[] {
  const living = new Set(view.replicas.map(({ id }) => id));
  const starts = new Map<string, number>();
  const lives: number[] = [];
  for (const { pool, command, replicaId, askedMs, doneMs } of commands) {
    if (pool !== view.pool || living.has(replicaId)) continue;
    if (command === 'start' && !starts.has(replicaId)) starts.set(replicaId, askedMs);
    const bornMs = starts.get(replicaId);
    if (command === 'stop' && bornMs !== undefined && doneMs !== null) lives.push(doneMs - bornMs);
  }
  return lives;
}

function compareGone({ past }: PoolView, lives: readonly number[]): readonly string[] {
  if (past.replicas !== lives.length)
    return [`${past.replicas} replicas are on the books as gone, ${lives.length} were seen to end`];
  const seenMs = lives.reduce((sum, ms) => sum + ms, 0);
  const apartMs = Math.abs(seenMs - past.life.lifetimeMs);
  if (apartMs <= wayMsMax * lives.length) return [];
  return [`the ended replicas lived ${seenMs} ms, ${past.life.lifetimeMs} ms are on the books`];
}

function sumOf(life: {
  readonly busyMs: number;
  readonly idleMs: number;
  readonly loadingMs: number;
  readonly parkedMs: number;
}): number {
  return life.busyMs + life.idleMs + life.loadingMs + life.parkedMs;
}
