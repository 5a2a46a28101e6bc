// A second attempt is sent beside a late one only where it can help and does no harm.
import { expect, test } from 'vitest';
import { decideHedge, lookAgainMs, type HedgeScene } from '../../../src/core/resilience/hedge.ts';

const scene: HedgeScene = {
  after: 'p95',
  firstTokenMsP95: 300,
  firstTokenMsP50: 100,
  budgetLeft: 1,
  poolFill: 0.5,
  replicas: 4,
  repeatable: true,
  contentStarted: false,
  isLeftOut: false,
  attempts: 1,
  remainingMs: 10_000,
  elapsedMs: 300,
};

test('hedges once the 95th percentile has passed, not before', () => {
  expect(decideHedge(scene)).toEqual({ kind: 'hedge' });
  expect(decideHedge({ ...scene, elapsedMs: 299 })).toEqual({ kind: 'wait', untilMs: 300 });
  expect(decideHedge({ ...scene, after: 120, elapsedMs: 120 })).toEqual({ kind: 'hedge' });
  expect(decideHedge({ ...scene, after: 1, elapsedMs: 1 })).toEqual({ kind: 'wait', untilMs: 20 });
});

test.each<[string, Partial<HedgeScene>]>([
  ['without a rule', { after: null }],
  ['before anything is known of the pool', { firstTokenMsP95: null }],
  ['after content has begun', { contentStarted: true }],
  ['what may not be done twice', { repeatable: false }],
  ['a third time', { attempts: 2 }],
  ['when the deadline comes before its first token', { remainingMs: 99 }],
])('never %s', (_, change) => {
  expect(decideHedge({ ...scene, ...change }).kind).toBe('never');
});

test.each<[string, Partial<HedgeScene>]>([
  ['with less than half of the budget', { budgetLeft: 0.49 }],
  ['into a pool that is more than 80 % full', { poolFill: 0.81 }],
])('looks again a moment later rather than hedge %s; at once where the replica is left out', (_, change) => {
  const tight = { ...scene, ...change };
  expect(decideHedge(tight)).toEqual({ kind: 'wait', untilMs: scene.elapsedMs + lookAgainMs });
  expect(decideHedge({ ...tight, isLeftOut: true })).toEqual({ kind: 'hedge' });
});

test('looks again where there is no other replica: one may come; beside one that is left out the last that serves is another', () => {
  const alone = { ...scene, replicas: 1 };
  expect(decideHedge(alone)).toEqual({ kind: 'wait', untilMs: scene.elapsedMs + lookAgainMs });
  expect(decideHedge({ ...alone, isLeftOut: true })).toEqual({ kind: 'hedge' });
  expect(decideHedge({ ...alone, replicas: 0, isLeftOut: true }).kind).toBe('wait');
});

test('asks nobody early because the replica is left out: what it has under way may come yet', () => {
  expect(decideHedge({ ...scene, elapsedMs: 299, isLeftOut: true })).toEqual({ kind: 'wait', untilMs: 300 });
});

test('waits although the budget is low or the pool full now: that is looked at when it is time', () => {
  expect(decideHedge({ ...scene, elapsedMs: 0, budgetLeft: 0.1, poolFill: 1 }).kind).toBe('wait');
});
