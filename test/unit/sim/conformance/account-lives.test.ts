// Every second of every replica against other clocks: an honest ledger has no fault, each way of losing a second has one.
import { expect, test } from 'vitest';
import type { LifeLedger, PoolView, ReplicaView } from '../../../../src/core/pool/pool-view.ts';
import { accountLives } from '../../../../src/sim/conformance/account-lives.ts';
import type { GivenCommand } from '../../../../src/sim/conformance/pool-command.ts';

const life = (busyMs: number, idleMs: number, loadingMs: number, parkedMs: number): LifeLedger => ({
  busyMs,
  idleMs,
  loadingMs,
  parkedMs,
  lifetimeMs: busyMs + idleMs + loadingMs + parkedMs,
});

const replica = { id: 'p-2', generation: 2, createdMs: 6_000, life: life(1_000, 500, 400, 2_100) };

function view(parts: {
  readonly past?: LifeLedger;
  readonly total?: LifeLedger;
  readonly living?: Partial<ReplicaView>;
}): PoolView {
  const { past = life(2_000, 500, 400, 0), total = life(3_000, 1_000, 800, 2_100), living = {} } = parts;
  const shown = {
    pool: 'p',
    nowMs: 10_000,
    life: total,
    past: { replicas: 1, life: past },
    replicas: [{ ...replica, ...living }],
  };
  return shown as unknown as PoolView;
}

const gone = (endedMs: number): readonly GivenCommand[] => [
  { pool: 'p', command: 'start', replicaId: 'p-1', generation: 1, askedMs: 1_000, doneMs: 1_400 },
  { pool: 'p', command: 'stop', replicaId: 'p-1', generation: 1, askedMs: 3_880, doneMs: endedMs },
  { pool: 'p', command: 'start', replicaId: 'p-2', generation: 2, askedMs: 6_000, doneMs: 6_400 },
];

test('honest books have no fault, and both clocks say the same', () => {
  const account = accountLives(view({}), gone(3_900));
  expect(account.faults).toEqual([]);
  expect(account).toMatchObject({ lifetimeMs: 6_900, observedMs: 6_900, replicas: 2 });
});

test('without the backend’s words only the living are checked', () => {
  expect(accountLives(view({}), null).faults).toEqual([]);
});

test.each([
  ['a bucket that lost a second', { total: { ...life(3_000, 1_000, 800, 2_100), idleMs: 0 } }, 3_900],
  ['a living replica younger on the books than by its birth', { living: { createdMs: 5_000 } }, 3_900],
  ['past and present that do not add up', { total: life(4_000, 1_000, 800, 2_100) }, 3_900],
  ['a replica that ended a second later than it is charged for', {}, 4_900],
] as const)('%s is a fault', (_name, parts, endedMs) => {
  expect(accountLives(view(parts), gone(endedMs)).faults).not.toEqual([]);
});

test('a replica on the books that nobody saw end is a fault', () => {
  const [start, , other] = gone(3_900);
  const commands = [start, other].filter((each) => each !== undefined);
  expect(accountLives(view({}), commands).faults).toEqual([
    '1 replicas are on the books as gone, 0 were seen to end',
  ]);
});
