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
import { beatEveryMs, holdIdleMs, silentAfterMs } from '../../../src/core/pool/lease-book.ts';
import type { ModelVersion } from '../../../src/core/registry/model.ts';
import { acquire, commandsOf, decide, effectsOf, makePlan, makeReplica, makeState } from './pool-fixtures.ts';

const version: ModelVersion = {
  id: 'm@1',
  task: 'chat',
  launch: { kind: 'embedder' },
  slots: 3,
  replicasMax: 5,
  floor: 1,
  hotIdleMs: 10,
  parkedIdleMs: 20,
  startTimeoutMs: 30,
  queueMax: 40,
  hotMicrosPerSecond: 50,
  parkedMicrosPerSecond: 6,
};

test('a pool is named by version and place and takes its figures from its version', () => {
  expect(poolName('m@1', 'eu')).toBe('m@1~eu');
  const { id: _, task: __, launch: ___, ...figures } = version;
  expect(settingsOf(version, 'eu')).toEqual({
    ...figures,
    pool: 'm@1~eu',
    version: 'm@1',
    place: 'eu',
    parking: true,
  });
});

test.each<[string, Partial<ModelVersion>]>([
  ['a foreign program', { launch: { kind: 'command', command: ['x'], env: {}, readyPath: '/' } }],
  ['one with no time to be parked', { parkedIdleMs: 0 }],
])('%s is never parked', (_, patch) => {
  expect(settingsOf({ ...version, ...patch }, 'eu').parking).toBe(false);
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
