// A step's call of a model as a request: within the run's time, with its tenant's weight and its run's class.
import { expect, test } from 'vitest';
import { ok } from '../../../src/core/base/result.ts';
import type { PlannedRequest } from '../../../src/hosts/plan-request.ts';
import type { Attempt } from '../../../src/hosts/run-ports.ts';
import { makePerformers, type PerformerParts, type StepSearch } from '../../../src/hosts/step-performers.ts';
import { stepRequest, withinStep } from '../../../src/hosts/step-request.ts';

const limits = {
  totalMs: 300_000,
  firstTokenMs: 1,
  idleMs: 2,
  graceMs: 3,
  keepAliveMs: 4,
  replyBytesMax: 5,
};
const attempt: Attempt = {
  run: 'run_1',
  tenant: 'acme',
  function: 'f',
  criticality: 'sheddable',
  n: 2,
  attempt: 1,
  key: 'run_1/2',
  startedMs: 1_000,
  deadlineMs: 6_000,
  signal: new AbortController().signal,
};

test.each([
  [1_000, 6_000, 5_000],
  [1_000, 900_000, 300_000],
  [6_000, 6_000, 1],
  [7_000, 6_000, 1],
])('a step from %d to %d has %d ms, whatever its target would have', (startedMs, deadlineMs, totalMs) => {
  expect(withinStep(limits, { startedMs, deadlineMs })).toEqual({ ...limits, totalMs });
});

test('a search has what is left to its step, and its run’s class', async () => {
  const asked: unknown[] = [];
  const parts = {
    limits,
    search: ({ tenant, withinMs, criticality }: StepSearch) => {
      asked.push([tenant, withinMs, criticality]);
      return Promise.resolve(ok([]));
    },
  } as unknown as PerformerParts;
  await makePerformers(parts).search(attempt, { index: 'notes' }, { query: 'x' }, () => undefined);
  expect(asked).toEqual([['acme', 5_000, 'sheddable']]);
});

test('a step counts as much as its run and its tenant, and its slots are told as its own', () => {
  const slots: unknown[] = [];
  const teller = {
    weightOf: (tenant: string) => (tenant === 'acme' ? 4 : 1),
    onSlot: ({ key }: Attempt, coldMs: number) => void slots.push([key, coldMs]),
  };
  const planned = { attempts: [], policy: {} } as unknown as PlannedRequest;
  const step = { task: 'chat', model: 'm', body: { max_tokens: 8 } } as const;
  const request = stepRequest(teller, attempt, step, planned);
  expect(request).toMatchObject({
    tenant: 'acme',
    requestId: 'run_1/2/1',
    startedMs: 1_000,
    priority: { criticality: 'sheddable', weight: 4, latency: 'quick' },
  });
  request.onServed?.({ warmth: 'hot', waitMs: 7 });
  request.onServed?.({ warmth: 'cold', waitMs: 7.4 });
  expect(slots).toEqual([
    ['run_1/2', 0],
    ['run_1/2', 7],
  ]);
});
