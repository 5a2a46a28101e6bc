// The figures a pool lives by follow from its version, and the constants from each other.
import { describe, expect, test } from 'vitest';
import {
  backendGraceMs,
  backendRetryMs,
  commandTimeoutMs,
  leaseTtlMs,
  poolName,
  reconcileEveryMs,
  retiredSettings,
  settingsOf,
  startPollMs,
} from '../../../src/core/pool/pool-settings.ts';
import { beatEveryMs } from '../../../src/core/pool/heard-word.ts';
import { holdIdleMs, silentAfterMs } from '../../../src/core/pool/lease-book.ts';
import type { ModelVersion } from '../../../src/core/registry/model.ts';
import { acquire, commandsOf, decide, effectsOf, makePlan, makeReplica, makeState } from './pool-fixtures.ts';

const version: ModelVersion = {
  id: 'm@1',
  task: 'chat',
  launch: { kind: 'embedder' },
  slots: 3,
  replicasMax: 5,
  floor: 1,
  tier: 'standard',
  hotIdleMs: 10,
  parkedIdleMs: 20,
  loadGuessMs: 5_000,
  wakeGuessMs: 500,
  startTimeoutMs: 30,
  queueMax: 40,
  waitTargetMs: 7_000,
  hotMicrosPerSecond: 50,
  parkedMicrosPerSecond: 6,
};

test('a pool is named by version and place and takes its figures from its version', () => {
  expect(poolName('m@1', 'eu')).toBe('m@1~eu');
  const { id: _, task: __, launch: ___, tier: ____, loadGuessMs, wakeGuessMs, ...figures } = version;
  expect([loadGuessMs, wakeGuessMs]).not.toContain(0);
  expect(settingsOf(version, 'eu', 10_000)).toEqual({
    ...figures,
    pool: 'm@1~eu',
    version: 'm@1',
    place: 'eu',
    parking: true,
    isFixed: false,
    gamma: 200,
    loadGuessMs,
    wakeGuessMs,
  });
});

test.each<[string, Partial<ModelVersion>]>([
  ['a foreign program', { launch: { kind: 'command', command: ['x'], env: {}, readyPath: '/' } }],
  ['one with no time to be parked', { parkedIdleMs: 0 }],
])('%s is never parked', (_, patch) => {
  expect(settingsOf({ ...version, ...patch }, 'eu', 10_000).parking).toBe(false);
});

test('a pool whose place is always there knows it', () => {
  const launch = { kind: 'workers-ai', model: '@cf/meta/llama' } as const;
  expect(settingsOf({ ...version, launch }, 'eu', 10_000)).toMatchObject({ isFixed: true, parking: false });
});

test('windows that nobody asked for follow from prices and the worth of waiting, and are a day at most', () => {
  const derived = { ...version, hotIdleMs: null, parkedIdleMs: null };
  // gamma = 100 / 50: a wake of 0.5 s is worth 1.5 GPU-seconds, at 0.88 of which each second of idling is dearer than of parking.
  expect(settingsOf(derived, 'eu', 100)).toMatchObject({ hotIdleMs: 1_705, parkedIdleMs: 110_795 });
  expect(settingsOf(derived, 'eu', 1e9)).toMatchObject({ hotIdleMs: 86_400_000, parkedIdleMs: 86_400_000 });
  expect(settingsOf({ ...derived, tier: 'premium' }, 'eu', 20)).toEqual(settingsOf(derived, 'eu', 100));
});

test('a window that was asked for is obeyed to the millisecond, however long', () => {
  const month = 30 * 86_400_000;
  const asked = settingsOf({ ...version, hotIdleMs: month, parkedIdleMs: month }, 'eu', 100);
  expect(asked).toMatchObject({ hotIdleMs: month, parkedIdleMs: month });
});

describe('a pool whose version is no longer served', () => {
  const retired = retiredSettings('m@1~here');

  test('refuses every request at once and starts nothing', () => {
    const decision = decide(makeState([]), acquire('q'), { settings: retired });
    expect(effectsOf(decision, 'refuse')).toMatchObject([{ refusal: { kind: 'queue-full' } }]);
    expect(decision.wakeMs).toBeNull();
  });

  test('starts nothing for a plan either', () => {
    const plan = { kind: 'plan', plan: makePlan(2) } as const;
    expect(decide(makeState([]), plan, { settings: retired })).toMatchObject({ effects: [], wakeMs: null });
  });

  test.each(['hot', 'parked'] as const)('stops what is %s', (phase) => {
    const decision = decide(makeState([]), { kind: 'woke' }, { settings: retired });
    expect(decision.effects).toEqual([]);
    const left = decide(
      makeState([makeReplica(phase)]),
      { kind: 'woke' },
      { settings: { ...retired, replicasMax: 1 } },
    );
    expect(commandsOf(left)).toEqual(['stop m-1-here-1']);
  });
});

test('each clock leaves room for the one inside it', () => {
  expect(holdIdleMs).toBeLessThan(beatEveryMs);
  expect(beatEveryMs * 3).toBeLessThan(leaseTtlMs);
  expect(silentAfterMs).toBeLessThan(leaseTtlMs);
  expect(startPollMs + 5_000).toBeLessThan(commandTimeoutMs);
  expect(reconcileEveryMs).toBeLessThan(leaseTtlMs);
  expect(backendRetryMs * 4).toBeLessThan(backendGraceMs);
});
