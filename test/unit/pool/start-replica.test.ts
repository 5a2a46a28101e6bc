// A new replica: its row, its number that never comes back, and an id that no other replica of any pool has.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replicaIdPattern } from '../../../src/backends/agent-protocol.ts';
import { openDraft } from '../../../src/core/pool/draft.ts';
import { deadRowsMax } from '../../../src/core/pool/pool-settings.ts';
import { emptyLedger, type PoolLedger, type Replica } from '../../../src/core/pool/pool-state.ts';
import { countLiving, replicaId, startReplica } from '../../../src/core/pool/start-replica.ts';
import { settings } from './pool-bench.ts';
import { makeReplica, makeState, t0 } from './pool-fixtures.ts';

function start(replicas: readonly Replica[], ledger: Partial<PoolLedger> = {}) {
  const state = makeState(replicas, { ledger: { ...emptyLedger, generation: 4, ...ledger } });
  const draft = openDraft(settings, state, t0);
  return { started: startReplica(draft, { ahead: false, toPark: false, forRun: false }), draft };
}

test('it has the next generation, no lease, no life yet, and its start is due at once', () => {
  const { started, draft } = start([]);
  expect(started).toBe(true);
  expect(draft.ledger.generation).toBe(5);
  expect([...draft.replicas.values()]).toEqual([
    {
      ...makeReplica('starting', { generation: 5, seat: 0 }),
      commandDueMs: t0,
      attempts: 0,
    },
  ]);
});

describe('none is started', () => {
  const backoff = { failures: 1, untilMs: t0 + 1, reason: '' };
  const full = [makeReplica('hot'), makeReplica('stopping', { generation: 2 })];

  test.each<[string, readonly Replica[], Partial<PoolLedger>]>([
    ['while starts are blocked', [], { backoff }],
    ['while as many may still live as are allowed', full, {}],
  ])('%s', (_, replicas, ledger) => {
    const { started, draft } = start(replicas, ledger);
    expect(started).toBe(false);
    expect(draft.ledger.generation).toBe(4);
    expect(draft.replicas.size).toBe(replicas.length);
  });

  test('but one is when the block is over, and when one of the others is known to be dead', () => {
    expect(start([], { backoff: { ...backoff, untilMs: t0 } }).started).toBe(true);
    expect(start([makeReplica('hot'), makeReplica('stopping', { generation: 2, dead: true })]).started).toBe(
      true,
    );
  });
});

test('replicas count as living until their process is known to be gone', () => {
  const { draft } = start([makeReplica('stopping', { generation: 2, dead: true }), makeReplica('parked')]);
  expect(countLiving(draft)).toBe(2);
});

test('the dead whose stop is never confirmed do not pile up: the oldest leave the books when another is started', () => {
  const dead = Array.from({ length: deadRowsMax + 3 }, (_, index) =>
    makeReplica('stopping', { generation: index + 1, dead: true }),
  );
  const { draft } = start(dead, { generation: 50 });
  expect(draft.replicas.size).toBe(deadRowsMax);
  expect(draft.replicas.has('m-1-here-4')).toBe(false);
  expect(draft.replicas.has('m-1-here-5')).toBe(true);
  expect(draft.ledger.past.replicas).toBe(4);
});

describe('the id', () => {
  test('is readable', () => {
    expect(replicaId('tiny-chat@1~local', 7)).toBe('tiny-chat-1-local-7');
  });

  const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?@[0-9]{1,6}$/);
  const generation = fc.integer({ min: 1, max: 999_999 });

  test('is one that the agent takes, whatever the pool is called', () => {
    fc.assert(
      fc.property(name, fc.stringMatching(/^[a-z0-9-]{1,32}$/), generation, (version, place, number) => {
        expect(replicaId(`${version}~${place}`, number)).toMatch(replicaIdPattern);
      }),
    );
  });

  test.each([
    ['a dot and a dash', 'qwen2.5@1~local', 'qwen2-5@1~local'],
    ['two dashes and one', 'a--b@1~local', 'a-b@1~local'],
    ['places beyond the room for the name', `${'x'.repeat(40)}@123456~east`, `${'x'.repeat(40)}@123456~west`],
  ])('differs between pools whose names differ by %s', (_, one, other) => {
    expect(replicaId(one, 1)).not.toBe(replicaId(other, 1));
  });

  test('differs between any two pools of a place, and never runs from one generation into another', () => {
    fc.assert(
      fc.property(name, name, generation, generation, (one, other, first, second) => {
        fc.pre(one !== other || first !== second);
        expect(replicaId(`${one}~eu`, first)).not.toBe(replicaId(`${other}~eu`, second));
      }),
      { numRuns: 1_000 },
    );
  });
});
