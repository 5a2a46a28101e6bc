// What a pool does about replicas that fail: leaves them out, lets one request at a time look again, sends elsewhere whom others can serve.
import { describe, expect, test } from 'vitest';
import type { PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import type { Grant, PoolEvent, SlotWaiter } from '../../../src/core/pool/pool-events.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import type { PoolState } from '../../../src/core/pool/pool-state.ts';
import { restoreState } from '../../../src/core/pool/pool-state.ts';
import { openPatienceMs } from '../../../src/core/pool/start-replica.ts';
import { brokenAfterMs } from '../../../src/core/pool/replace-broken.ts';
import { decide, effectsOf, makeReplica, makeState, t0 } from './pool-fixtures.ts';

const [one, two] = ['m-1-here-1', 'm-1-here-2'];

/** A pool under test, told one thing after the other. */
class Told {
  state: PoolState;
  last: PoolDecision | null = null;
  nowMs = t0;
  readonly #settings: Partial<PoolSettings>;
  #asked = 0;

  constructor(replicas: number, settings: Partial<PoolSettings> = {}) {
    const rows = Array.from({ length: replicas }, (_, index) =>
      makeReplica('hot', { generation: index + 1 }),
    );
    this.state = makeState(rows);
    this.#settings = { slots: 2, replicasMax: replicas, hotIdleMs: 600_000, ...settings };
    this.feed({ kind: 'woke' });
  }

  feed(event: PoolEvent, afterMs = 0): PoolDecision {
    this.nowMs += afterMs;
    // The backend is not part of this story.
    const state = { ...this.state, reconcileDueMs: this.nowMs + 10_000 };
    this.last = decide(state, event, { atMs: this.nowMs, settings: this.#settings });
    this.state = this.last.state;
    return this.last;
  }

  report(replicaId: string, run: string, firstTokensMs: readonly number[] = []): void {
    this.feed({ kind: 'reports', reports: [{ replicaId, run, okAgeMs: null, firstTokensMs }] });
  }

  ask(patch: Partial<SlotWaiter> = {}, afterMs = 0): PoolDecision {
    this.#asked += 1;
    const waiter = { id: `q${this.#asked}`, tenant: 'a', deadlineMs: t0 + 600_000, ...patch };
    return this.feed({ kind: 'acquire', waiter }, afterMs);
  }

  grant(patch: Partial<SlotWaiter> = {}, afterMs = 0): Grant | null {
    return effectsOf(this.ask(patch, afterMs), 'grant')[0]?.grant ?? null;
  }

  release({ leaseId, permits }: Grant, outcome: 'ok' | 'failure' = 'ok', afterMs = 0): PoolDecision {
    const probe = permits === undefined ? undefined : { permits, outcome };
    return this.feed({ kind: 'release', leaseId, outcome: 'served', probe }, afterMs);
  }

  get targetPhase(): string {
    return this.state.care.health.target.phase;
  }
}

describe('a replica that fails three times in a row', () => {
  test('gets no slot any more, though it is as free as the others', () => {
    const pool = new Told(2);
    pool.report(one, 'fff');
    expect([pool.grant(), pool.grant(), pool.grant()].map((each) => each?.replicaId ?? null)).toEqual([
      two,
      two,
      null,
    ]);
    expect(pool.state.care.verdict.ejected).toEqual([one]);
    expect(pool.targetPhase).toBe('closed');
  });

  test('is looked at again by one request at a time, which owes how it went', () => {
    const pool = new Told(2);
    pool.report(one, 'fff');
    const probe = pool.grant({}, 300);
    expect(probe?.permits).toMatchObject([{ circuitId: one }]);
    expect(pool.grant()?.replicaId).toBe(two);
    expect(pool.grant()).toMatchObject({ replicaId: two });
    // The third waits: the one slot that is left is of the replica that is being probed.
    expect(pool.grant()).toBeNull();
    if (probe !== null) pool.release(probe, 'failure');
    expect(pool.state.waiting).toHaveLength(1);
    expect(effectsOf(pool.feed({ kind: 'woke' }, 900), 'grant')[0]?.grant.permits).toHaveLength(1);
  });

  test('is looked at by one whom another target can answer, where such a one waits', () => {
    const pool = new Told(2);
    pool.report(one, 'fff');
    for (let slot = 0; slot < 2; slot += 1) pool.grant();
    pool.ask();
    pool.ask({ canGoElsewhere: true });
    const [probe] = effectsOf(pool.feed({ kind: 'woke' }, 300), 'grant');
    expect(probe).toMatchObject({ waiterId: 'q4', grant: { replicaId: one } });
    expect(probe?.grant.permits).toHaveLength(1);
  });

  test('serves again as soon as its probe has passed', () => {
    const pool = new Told(2);
    pool.report(one, 'hhh');
    const probe = pool.grant({}, 300);
    if (probe !== null) pool.release(probe, 'ok', 40);
    expect(pool.state.care.verdict.ejected).toEqual([]);
    expect(pool.grant()?.permits).toBeUndefined();
  });

  test('is not hidden by failures that say nothing of it: a report of another replica changes nothing', () => {
    const pool = new Told(2);
    pool.report('m-1-here-9', 'fff');
    expect(pool.state.care.verdict.ejected).toEqual([]);
  });

  test('is still left out when the object has been restarted', () => {
    const pool = new Told(2);
    pool.report(one, 'fff');
    const rows = [...pool.state.replicas.values()];
    const ledger = JSON.parse(JSON.stringify(pool.state.ledger)) as PoolState['ledger'];
    pool.state = restoreState(ledger, rows, pool.nowMs);
    expect(pool.grant()?.replicaId).toBe(two);
    expect(pool.state.care.verdict.ejected).toEqual([one]);
  });

  test('is not counted among those that serve: another one is started for it', () => {
    const pool = new Told(2, { replicasMax: 3 });
    pool.report(one, 'fff');
    pool.grant();
    pool.grant();
    const started = effectsOf(pool.ask(), 'command');
    expect(started).toMatchObject([{ command: 'start' }]);
  });

  test('is replaced when it has failed all its probes for a minute', () => {
    const pool = new Told(2);
    pool.report(one, 'fff');
    const failAll = (untilMs: number): PoolDecision | null => {
      while (pool.nowMs < untilMs && pool.state.replicas.get(one)?.phase === 'hot') {
        const grant = pool.grant({}, 700);
        if (grant !== null) pool.release(grant, grant.permits === undefined ? 'ok' : 'failure');
      }
      return pool.last;
    };
    failAll(t0 + brokenAfterMs - 2_000);
    expect(pool.state.replicas.get(one)?.phase).toBe('hot');
    failAll(t0 + brokenAfterMs + 5_000);
    expect(pool.state.replicas.get(one)?.phase).toBe('stopping');
    expect(pool.state.replicas.get(two)?.phase).toBe('hot');
  });
});

describe('a pool all of whose replicas fail', () => {
  const broken = (settings: Partial<PoolSettings> = {}, run = 'fff'): Told => {
    const pool = new Told(1, settings);
    pool.report(one, run);
    return pool;
  };

  test('still serves, where it answers at all, whom nobody else can answer', () => {
    expect(broken().grant()?.permits).toBeUndefined();
  });

  test('sends away at once whom others can answer, with the time after which it is asked again', () => {
    const pool = broken();
    expect(pool.targetPhase).toBe('open');
    const [refused] = effectsOf(pool.ask({ canGoElsewhere: true }), 'refuse');
    const dueInMs = (pool.state.care.verdict.probeDueMs ?? 0) - pool.nowMs;
    expect(dueInMs).toBeGreaterThan(0);
    expect(refused?.refusal).toEqual({ kind: 'circuit-open', retryAfterMs: dueInMs });
    expect(pool.state.waiting).toEqual([]);
  });

  test('that cannot even be reached keeps whom nobody else can answer until the next probe, which is that request', () => {
    const pool = broken({}, 'hhh');
    expect(pool.grant()).toBeNull();
    expect(pool.last?.wakeMs).toBeLessThanOrEqual(pool.nowMs + 200);
    const [probe] = effectsOf(pool.feed({ kind: 'woke' }, 200), 'grant');
    expect(probe?.grant.permits?.map(({ circuitId }) => circuitId)).toEqual(['target', one]);
  });

  test('is probed by one that could go elsewhere, too, and by exactly one', () => {
    const pool = broken();
    expect(pool.grant({ canGoElsewhere: true }, 300)?.permits).toHaveLength(2);
    expect(effectsOf(pool.ask({ canGoElsewhere: true }), 'refuse')).toHaveLength(1);
  });

  test('is open to all when the probe has passed', () => {
    const pool = broken();
    const probe = pool.grant({}, 300);
    if (probe !== null) pool.release(probe);
    expect(pool.targetPhase).toBe('closed');
    expect(pool.grant({ canGoElsewhere: true })?.permits).toBeUndefined();
  });

  test('is not given more replicas to fail with, until it has failed for long; then one', () => {
    const pool = broken({ replicasMax: 4 });
    for (let asked = 0; asked < 6; asked += 1) pool.ask();
    expect(pool.state.replicas.size).toBe(1);
    pool.feed({ kind: 'woke' }, openPatienceMs);
    expect([...pool.state.replicas.values()].map(({ phase }) => phase)).toEqual(['hot', 'starting']);
  });

  test('opens and closes at an operator’s word, who is named in its history', () => {
    const pool = new Told(2);
    pool.feed({ kind: 'force', replicaId: null, open: true, by: 'ops: a bad deploy' });
    expect(effectsOf(pool.ask({ canGoElsewhere: true }), 'refuse')).toHaveLength(1);
    expect(pool.state.care.health.target.history.at(-1)?.detail).toContain('bad deploy');
    // Nobody probes what an operator wants closed to all.
    expect(effectsOf(pool.ask({ canGoElsewhere: true }, 60_000), 'refuse')).toHaveLength(1);
    pool.feed({ kind: 'force', replicaId: null, open: false, by: 'ops' });
    expect(pool.grant({ canGoElsewhere: true })).not.toBeNull();
  });
});
