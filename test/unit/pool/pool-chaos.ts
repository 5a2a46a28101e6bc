// A pool under arbitrary events: what its callers, its backend and its clock may do to it, in any order and with any content, with
// books of its own about who was answered, which leases were given out and how long each replica lived.
import fc from 'fast-check';
import { expect } from 'vitest';
import { commandOf } from '../../../src/core/pool/command-outcome.ts';
import { decidePool, type PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import { checkPool } from '../../../src/core/pool/invariants.ts';
import {
  emptyLedger,
  restoreState,
  type PoolState,
  type Replica,
} from '../../../src/core/pool/pool-state.ts';
import { prewarmModes } from '../../../src/core/graph/decide-prewarm.ts';
import { journalMax } from '../../../src/core/pool/journal.ts';
import { permitGraceMs, type ProbePermit } from '../../../src/core/resilience/breaker.ts';
import { criticalities } from '../../../src/core/resilience/criticality.ts';
import { viewPool } from '../../../src/core/pool/view-pool.ts';
import { farMs, type WarmthPlan } from '../../../src/core/warming/pool-plan.ts';
import type { Grant, PoolEvent } from '../../../src/core/pool/pool-events.ts';
import type { PoolView } from '../../../src/core/pool/pool-view.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import type { BackendFailure, ReplicaSighting } from '../../../src/core/pool/sighting.ts';
import { settings } from './pool-bench.ts';
import { makeSighting, t0 } from './pool-fixtures.ts';

export const drawnSettings: fc.Arbitrary<PoolSettings> = fc.record({
  ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, fc.constant(value)])),
  slots: fc.integer({ min: 1, max: 3 }),
  replicasMax: fc.integer({ min: 0, max: 3 }),
  parking: fc.boolean(),
  isFixed: fc.boolean(),
  hotIdleMs: fc.constantFrom(0, 1_000, 10_000),
  parkedIdleMs: fc.constantFrom(0, 20_000),
  queueMax: fc.nat(5),
  waitTargetMs: fc.constantFrom(null, 500, 10_000),
}) as fc.Arbitrary<PoolSettings>;

const condition = fc.constantFrom<ReplicaSighting['condition'][]>(
  'loading',
  'ready',
  'draining',
  'parked',
  'waking',
  'failed',
);
const failure = fc.constantFrom<BackendFailure[]>(
  ...(
    [
      'unreachable',
      'timeout',
      'unauthorized',
      'bad-reply',
      'not-found',
      'cannot-start',
      'unsupported',
      'busy',
    ] as const
  ).map((kind) => ({ kind, message: kind })),
  { kind: 'no-capacity', message: '', retryAfterMs: 3_000 },
  { kind: 'stale-generation', message: '', knownGeneration: 12 },
);
const seen = fc.record({ condition, endpoint: fc.constantFrom(null, 'http://r', 'http://r', 'http://r') });
const pick = fc.nat(20);
const kindOf = <Kind extends string>(kind: Kind): fc.Arbitrary<Kind> => fc.constant(kind);

/** What happens next; `pick` chooses among whatever there is at that moment. */
const move = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kindOf('ask'),
      tenant: fc.constantFrom('a', 'b', 'c'),
      waitMs: fc.integer({ min: -5, max: 60_000 }),
      run: fc.constantFrom(undefined, undefined, 'r1', 'r2'),
      criticality: fc.constantFrom(undefined, ...criticalities),
      latency: fc.constantFrom(undefined, 'quick' as const, 'slow' as const),
      weight: fc.constantFrom(undefined, 0.5, 4, Number.NaN),
      canGoElsewhere: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kindOf('report'),
      pick,
      run: fc.constantFrom('o', 'ooo', 'f', 'h', 'ttt', 'hhh', 'ssssss', 'ofofofof', '??'),
      firstTokensMs: fc.array(fc.constantFrom(40, 50, 60, 4_000, Number.NaN), { maxLength: 12 }),
      okAgeMs: fc.constantFrom(null, 0, 700),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: kindOf('force'), pick: fc.option(pick), open: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kindOf('cancel'), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: kindOf('release'),
      pick,
      outcome: fc.constantFrom('served' as const, 'client-gone' as const, 'replica-failed' as const),
      probe: fc.constantFrom('ok' as const, 'ok' as const, 'failure' as const, 'slow' as const, null),
      heldMs: fc.nat(3_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kindOf('beat'), pick, reused: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kindOf('plan'),
      keepHot: fc.nat(4),
      warmTo: fc.nat(4),
      keepParked: fc.nat(4),
      parkTo: fc.nat(4),
      windows: fc.record({
        hotMinMs: fc.constantFrom(0, 1_000, 20_000),
        hotMaxMs: fc.constantFrom(0, 5_000, 30_000, farMs),
        parkedMinMs: fc.constantFrom(0, 1_000, 20_000),
        parkedMaxMs: fc.constantFrom(0, 5_000, 40_000, farMs),
      }),
      ms: fc.integer({ min: -5, max: 90_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kindOf('expect'),
      run: fc.constantFrom('r1', 'r2', 'r3'),
      graphMode: fc.constantFrom(...prewarmModes),
      probability: fc.constantFrom(0, 0.3, 1, 7, Number.NaN),
      startInMs: fc.integer({ min: -5, max: 30_000 }),
      forMs: fc.integer({ min: -5, max: 60_000 }),
      isEmpty: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: kindOf('saw'), pick, seen }) },
  { weight: 2, arbitrary: fc.record({ kind: kindOf('failed'), pick, failure, wrong: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: kindOf('list'),
      seen: fc.array(fc.option(seen), { maxLength: 4 }),
      agoMs: fc.nat(3_000),
      stray: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kindOf('no-list'), failure }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kindOf('wait'),
      ms: fc.oneof(fc.integer({ min: -2_000, max: 3_000 }), fc.nat(40_000)),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: kindOf('wake') }) },
  { weight: 1, arbitrary: fc.record({ kind: kindOf('restart') }) },
);
export type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;
export const moves = fc.array(move, { maxLength: 60, size: 'max' });

const parkedShare = settings.parkedMicrosPerSecond / settings.hotMicrosPerSecond;

export class ChaosPool {
  readonly settings: PoolSettings;
  state: PoolState = restoreState(emptyLedger, [], t0);
  last: PoolDecision = { state: this.state, effects: [], wakeMs: null };
  nowMs = t0;
  #asked = 0;
  readonly #waiting = new Set<string>();
  readonly #leases = new Set<string>();
  /** Rights to probe by the lease that they came with, and of each circuit the last one that was given. */
  readonly #permits = new Map<string, readonly ProbePermit[]>();
  readonly #probes = new Map<string, ProbePermit>();
  readonly #bornMs = new Map<string, number>();
  #goneMs = 0;
  #gone = 0;

  constructor(figures: PoolSettings) {
    this.settings = figures;
  }

  feed(event: PoolEvent): PoolDecision {
    const decision = decidePool(this.settings, this.state, [event], this.nowMs);
    const broken = checkPool(this.settings, decision, this.state.replicas);
    if (broken.length > 0) throw new Error(broken.join('; '));
    if (decision.wakeMs !== null) expectSame(decision.wakeMs > decision.state.nowMs, true, 'wakes later');
    expectSame(decision.state.nowMs >= this.state.nowMs, true, 'time goes on');
    this.#keepBooks(decision);
    this.state = decision.state;
    this.last = decision;
    return decision;
  }

  perform(next: Move): void {
    if (next.kind === 'wait') this.nowMs += next.ms;
    if (next.kind === 'wake') this.nowMs = Math.max(this.nowMs, this.last.wakeMs ?? 0);
    if (next.kind === 'restart') this.restart();
    const event = this.#eventOf(next);
    if (event !== null) this.feed(event);
  }

  restart(): void {
    // As from disk: what is not plain data would be lost.
    const rows = JSON.parse(JSON.stringify([...this.state.replicas.values()])) as Replica[];
    this.state = restoreState(this.state.ledger, rows, this.nowMs);
    this.#waiting.clear();
  }

  #eventOf(next: Move): PoolEvent | null {
    switch (next.kind) {
      case 'ask':
      case 'cancel':
      case 'release':
      case 'beat':
        return this.#callOf(next);
      case 'report':
      case 'force':
        return this.#healthOf(next);
      case 'plan':
        return { kind: 'plan', plan: this.#planOf(next) };
      case 'expect':
        return this.#expectOf(next);
      case 'saw':
      case 'failed':
        return this.#outcomeOf(next);
      case 'list':
        return this.#listOf(next);
      case 'no-list':
        return { kind: 'listed', askedMs: this.nowMs, result: { ok: false, failure: next.failure } };
      case 'restart':
        return { kind: 'restarted' };
      case 'wait':
      case 'wake':
        return { kind: 'woke' };
    }
  }

  #planOf({ keepHot, warmTo, keepParked, parkTo, windows, ms }: Extract<Move, { kind: 'plan' }>): WarmthPlan {
    const untilMs = this.nowMs + ms;
    return { keepHot, warmTo, keepParked, parkTo, ...windows, untilMs, because: 'drawn', terms: [] };
  }

  #expectOf({ run, graphMode, ...next }: Extract<Move, { kind: 'expect' }>): PoolEvent {
    const startMs = this.nowMs + next.startInMs;
    const expectation = {
      pool: this.settings.pool,
      probability: next.probability,
      startMs,
      untilMs: startMs + next.forMs,
    };
    return { kind: 'expect', run, graphMode, expectations: next.isEmpty ? [] : [expectation] };
  }

  #callOf(next: Extract<Move, { kind: 'ask' | 'cancel' | 'release' | 'beat' }>): PoolEvent {
    const leases = [...this.#leases];
    switch (next.kind) {
      case 'ask': {
        const id = `q${(this.#asked += 1)}`;
        this.#waiting.add(id);
        const deadlineMs = this.nowMs + next.waitMs;
        const { kind: _kind, waitMs: _waitMs, ...asked } = next;
        return { kind: 'acquire', waiter: { id, deadlineMs, ...asked } };
      }
      case 'cancel': {
        const waiterId = chosen(this.state.waiting, next.pick)?.id ?? 'nobody';
        this.#waiting.delete(waiterId);
        return { kind: 'cancel', waiterId };
      }
      case 'release': {
        const leaseId = chosen(leases, next.pick) ?? 'none';
        const permits = this.#permits.get(leaseId);
        for (const { circuitId } of permits ?? []) this.#probes.delete(circuitId);
        this.#permits.delete(leaseId);
        const probe = permits === undefined ? undefined : { permits, outcome: next.probe };
        const served = { ended: 1, heldMs: next.heldMs };
        return { kind: 'release', leaseId, outcome: next.outcome, probe, served };
      }
      case 'beat': {
        const leaseIds = leases.filter((_, index) => index % 3 !== next.pick % 3);
        const tenants = [{ tenant: 'a', count: Math.min(next.pick, next.reused) }];
        return { kind: 'beat', leaseIds, reused: next.reused, tenants };
      }
    }
  }

  #healthOf(next: Extract<Move, { kind: 'report' | 'force' }>): PoolEvent {
    const ids = [...this.state.replicas.keys()];
    const replicaId = next.pick === null ? null : (chosen(ids, next.pick) ?? 'nobody');
    if (next.kind === 'force') return { kind: 'force', replicaId, open: next.open, by: 'drawn' };
    const { run, firstTokensMs, okAgeMs } = next;
    return { kind: 'reports', reports: [{ replicaId: replicaId ?? '', run, firstTokensMs, okAgeMs }] };
  }

  #outcomeOf(next: Extract<Move, { kind: 'saw' | 'failed' }>): PoolEvent | null {
    const replica = chosen([...this.state.replicas.values()], next.pick);
    if (replica === undefined) return null;
    if (next.kind === 'saw') {
      return this.#doneOf(replica, { ok: true, sighting: this.#see(replica, next.seen) });
    }
    const generation = next.wrong === 0 ? replica.generation + 1 : replica.generation;
    return this.#doneOf({ ...replica, generation }, { ok: false, failure: next.failure });
  }

  #listOf(next: Extract<Move, { kind: 'list' }>): PoolEvent {
    const known = [...this.state.replicas.values()].flatMap((replica, index) => {
      const what = chosen(next.seen, index) ?? null;
      return what === null ? [] : [this.#see(replica, what)];
    });
    const stray = next.stray ? [makeSighting({ id: 'm-1-here-999', generation: 999 })] : [];
    const result = { ok: true as const, sightings: [...known, ...stray] };
    return { kind: 'listed', askedMs: this.nowMs - next.agoMs, result };
  }

  #doneOf(replica: Replica, result: Extract<PoolEvent, { kind: 'command-done' }>['result']): PoolEvent {
    const { id: replicaId, generation } = replica;
    return {
      kind: 'command-done',
      command: commandOf(replica.phase) ?? 'park',
      replicaId,
      generation,
      result,
    };
  }

  #see(replica: Replica, what: Pick<ReplicaSighting, 'condition' | 'endpoint'>): ReplicaSighting {
    return makeSighting({ id: replica.id, generation: replica.generation, ...what });
  }

  #keepBooks({ state, effects }: PoolDecision): void {
    for (const effect of effects) {
      if (effect.kind !== 'grant' && effect.kind !== 'refuse') continue;
      // Answered once, and only who asked and did not leave.
      expect(this.#waiting.delete(effect.waiterId)).toBe(true);
      if (effect.kind !== 'grant') continue;
      expect(this.#leases).not.toContain(effect.grant.leaseId);
      this.#leases.add(effect.grant.leaseId);
      this.#keepPermits(effect.grant, state);
    }
    expect(new Set(state.waiting.map(({ id }) => id))).toEqual(this.#waiting);
    for (const replica of state.replicas.values()) {
      if (!this.#bornMs.has(replica.id)) this.#bornMs.set(replica.id, state.nowMs);
      expectSame(replica.createdMs, this.#bornMs.get(replica.id), 'the moment of birth');
    }
    for (const id of this.state.replicas.keys()) {
      if (state.replicas.has(id)) continue;
      this.#goneMs += state.nowMs - (this.#bornMs.get(id) ?? 0);
      this.#gone += 1;
    }
    const view = viewPool(this.settings, state, state.nowMs, null);
    const broken = brokenBooks(state, view);
    if (broken !== null) throw new Error(broken);
    expectSame(view.past.replicas, this.#gone, 'replicas that are gone');
    expectSame(view.past.life.lifetimeMs, this.#goneMs, 'their lives');
    for (const { life, createdMs } of view.replicas)
      expectSame(life.lifetimeMs, state.nowMs - createdMs, 'a life');
  }

  /** No circuit has two probes out, and nobody is sent to a replica that was left out before and is now without the right to. */
  #keepPermits({ leaseId, replicaId, permits = [] }: Grant, state: PoolState): void {
    const wasLeftOut = this.state.care.leftOut.has(replicaId) && state.care.leftOut.has(replicaId);
    if (wasLeftOut) expect(permits).not.toEqual([]);
    for (const permit of permits) {
      const out = this.#probes.get(permit.circuitId);
      if (out !== undefined) expect(state.nowMs).toBeGreaterThanOrEqual(out.deadlineMs + permitGraceMs);
      this.#probes.set(permit.circuitId, permit);
    }
    if (permits.length > 0) this.#permits.set(leaseId, permits);
  }
}

function chosen<T>(from: readonly T[], pick: number): T | undefined {
  return from[pick % Math.max(1, from.length)];
}

/** What is wrong with the journal or with the two sides of what was paid for idle, loading and parked time. */
function brokenBooks({ journal }: PoolState, { speculation, life }: PoolView): string | null {
  const { speculatedMs, groundedMs } = speculation;
  const paidMs = life.idleMs + life.loadingMs + parkedShare * life.parkedMs;
  if (journal.events.length > journalMax) return 'journal over its bound';
  if (Math.abs(speculatedMs + groundedMs - paidMs) > 1) return 'speculated and grounded are not all';
  return speculatedMs < 0 || groundedMs < 0 ? 'less than nothing paid' : null;
}

/** For what is asked of every replica after every event, some hundred thousand times: asking the framework costs more than the pool. */
function expectSame<T>(found: T, wanted: T, what: string): void {
  if (!Object.is(found, wanted)) expect(found, what).toBe(wanted);
}
