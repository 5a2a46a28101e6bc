// What backends say of a place is what the planner plans by: two tables of one truth.
import { expect, test } from 'vitest';
import { capabilitiesOf } from '../../../src/backends/capabilities.ts';
import type { Launch } from '../../../src/core/registry/model.ts';
import { traitsOf } from '../../../src/core/registry/place-traits.ts';

const modal = { app: 'a', gpu: 'H100', readyPath: '/health' };
const launches: readonly Launch[] = [
  { kind: 'llama', weights: 'w.gguf', contextTokens: 64 },
  { kind: 'embedder' },
  { kind: 'paced', pace: { loadMs: 1, wakeMs: 1, firstTokenMs: 1, tokenMs: 1, tokens: 1 } },
  { ...modal, kind: 'modal-sandbox', image: 'i', command: ['c'], env: {}, port: 8000, regions: [] },
  { ...modal, kind: 'modal-function', function: 'f', buffer: null, idleMs: 2_000 },
  { ...modal, kind: 'modal-function', function: 'f', buffer: 1, idleMs: 2_000 },
];

test.each(launches.map((launch) => [launch.kind, launch] as const))('%s', (_kind, launch) => {
  const { kind, parking, floor } = capabilitiesOf(launch);
  const { parks, isFixed, bursts } = traitsOf(launch);
  expect(parks).toBe(parking);
  expect(isFixed).toBe(kind === 'fixed-endpoint');
  if (bursts) expect({ kind, floor }).toEqual({ kind: 'managed-autoscaler', floor: true });
});

test('a foreign program may be asked to park, since it alone knows, but nobody counts on it', () => {
  const launch: Launch = { kind: 'command', command: ['x'], env: {}, readyPath: '/' };
  expect([capabilitiesOf(launch).parking, traitsOf(launch).parks]).toEqual([true, false]);
});
