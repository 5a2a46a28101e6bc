// How many replicas are wanted, and which of the three reasons is named.
import { expect, test } from 'vitest';
import { restoreCare } from '../../../src/core/pool/pool-care.ts';
import { wantedReplicas } from '../../../src/core/pool/need.ts';
import { emptyLedger } from '../../../src/core/pool/pool-state.ts';
import { settings } from './pool-bench.ts';
import type { WarmthPlan } from '../../../src/core/warming/pool-plan.ts';
import { makeLease, makePlan, makeReplica, makeWaiter, t0 } from './pool-fixtures.ts';

const base = { leased: 0, draining: 0, waiting: 0, floor: 0, plan: null as WarmthPlan | null };
const up = { downSinceMs: null, reason: '' };
const planOf = (replicas: number, untilMs = t0 + 1): WarmthPlan => makePlan(replicas, { untilMs });

test.each<[string, Partial<typeof base>, number, string]>([
  ['nothing', {}, 0, 'nobody asks, nothing is planned, no floor'],
  ['one who waits', { waiting: 1 }, 1, 'slots in use 0, waiting 1, slots a replica 2'],
  ['as many as fill a replica', { leased: 1, waiting: 1 }, 1, 'slots in use 1, waiting 1, slots a replica 2'],
  ['one more than that', { leased: 2, waiting: 1 }, 2, 'slots in use 2, waiting 1, slots a replica 2'],
  [
    'more than allowed',
    { leased: 2, waiting: 9 },
    3,
    'slots in use 2, waiting 9, slots a replica 2, 6 needed, held at the maximum',
  ],
  ['leases of a replica on its way out', { draining: 2 }, 0, 'nobody asks, nothing is planned, no floor'],
  ['a floor', { floor: 1 }, 1, 'floor of 1'],
  ['a floor above the need', { floor: 2, waiting: 1 }, 2, 'floor of 2'],
  [
    'a floor that the need reaches',
    { floor: 1, waiting: 1 },
    1,
    'slots in use 0, waiting 1, slots a replica 2',
  ],
  ['a plan', { plan: planOf(2) }, 2, 'planned: lunch'],
  ['a plan above the maximum', { plan: planOf(9) }, 3, 'planned: lunch'],
  ['a plan above the floor', { plan: planOf(2), floor: 1 }, 2, 'planned: lunch'],
  ['a floor above the plan', { plan: planOf(1), floor: 2 }, 2, 'floor of 2'],
  ['what is hot, where a plan only keeps it', { plan: makePlan(3, { warmTo: 0 }) }, 1, 'planned: lunch'],
  ['a plan whose time is over', { plan: planOf(2, t0) }, 0, 'nobody asks, nothing is planned, no floor'],
  [
    'a plan below the need',
    { plan: planOf(1), waiting: 3 },
    2,
    'slots in use 0, waiting 3, slots a replica 2',
  ],
])('%s', (_, patch, replicas, because) => {
  const { leased, draining, waiting, floor, plan } = { ...base, ...patch };
  const leases = (count: number) => Array.from({ length: count }, (_, index) => makeLease(`l${index}`));
  const pair = [
    makeReplica('hot', { leases: leases(leased) }),
    makeReplica('draining', { generation: 2, leases: leases(draining) }),
  ];
  const wanted = wantedReplicas({
    settings: { ...settings, floor, replicasMax: 3 },
    nowMs: t0,
    replicas: new Map(pair.map((replica) => [replica.id, replica])),
    ledger: { ...emptyLedger, plan },
    waiting: Array.from({ length: waiting }, (_, index) => makeWaiter(`q${index}`)),
    backend: up,
    care: restoreCare(null, t0),
  });
  expect(wanted).toEqual({ replicas, because });
});

test('a floor above the maximum is held at the maximum', () => {
  const floored = { ...settings, floor: 5, replicasMax: 2 };
  const asked = {
    nowMs: t0,
    replicas: new Map(),
    ledger: emptyLedger,
    waiting: [],
    backend: up,
    care: restoreCare(null, t0),
  };
  const input = { ...asked, settings: floored };
  expect(wantedReplicas(input).replicas).toBe(2);
});
