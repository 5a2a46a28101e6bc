// Isolates that call the replicas of one pool and tell the pool's object what they met, as late as they do in production; replicas that
// die, fail, or become slow. Owns clients, isolates, travel times and what is counted; the rules are the core's. Pure and seeded.
import { Heap } from '../../core/base/heap.ts';
import { makeRng, type Rng } from '../../core/base/rng.ts';
import type { ProbePermit } from '../../core/resilience/breaker.ts';
import { decideHealth, type HealthEvent } from '../../core/resilience/decide-health.ts';
import type { OutcomeClass } from '../../core/resilience/outcome-class.ts';
import {
  isUrgent,
  noTally,
  noteOutcome,
  takeReports,
  type OutcomeTally,
} from '../../core/resilience/outcome-tally.ts';
import {
  noHealth,
  probeDue,
  servingReplicas,
  verdictOf,
  type PoolHealth,
} from '../../core/resilience/pool-health.ts';

export interface ReplicaFault {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly replicas: readonly string[];
  readonly what: 'dead' | 'slow' | 'errors';
  /** For `slow` how many times as slow, for `errors` the share. */
  readonly by: number;
}

export interface CircuitScenario {
  readonly seed: number;
  readonly isolates: number;
  readonly replicas: readonly string[];
  readonly perSecond: number;
  readonly firstTokenMs: number;
  /** Share of requests that fail for no reason. */
  readonly errorShare: number;
  /** Share of answers that are the client's fault, or that the client leaves. */
  readonly uncountedShare: number;
  readonly faults: readonly ReplicaFault[];
  readonly endMs: number;
}

export interface CircuitCount {
  readonly requests: number;
  readonly failed: number;
  /** When each circuit changed, in order. */
  readonly changes: readonly {
    readonly atMs: number;
    readonly id: string;
    readonly closed: boolean;
    /** Attempts that the replica had failed before, since its last success. */
    readonly failures: number;
  }[];
  /** Whole answers: when their requests came and how long their first tokens took. */
  readonly answers: readonly { readonly atMs: number; readonly firstTokenMs: number }[];
  /** Probes under way at once on one replica, at most. */
  readonly probesAtOnce: number;
  readonly health: PoolHealth;
}

const beatMs = 2_000;
const travelMs = 5;

/**
 * `countUncounted`: what is not the server's fault counts as its failure. `probeEach`: every isolate probes for itself. `ignoreHealth`:
 * nobody is left out.
 */
export interface Plants {
  readonly countUncounted?: boolean;
  readonly probeEach?: boolean;
  readonly ignoreHealth?: boolean;
}

export function runCircuits(scenario: CircuitScenario, plants: Plants = {}): CircuitCount {
  return new CircuitWorld(scenario, plants).run();
}

class CircuitWorld {
  readonly #scenario: CircuitScenario;
  readonly #plants: Plants;
  readonly #rng: Rng;
  readonly #events = new Heap<() => void>();
  readonly #tallies: OutcomeTally[];
  readonly #overdueMs: (number | null)[];
  readonly #probing = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #changes: CircuitCount['changes'][number][] = [];
  readonly #answers: CircuitCount['answers'][number][] = [];
  #health: PoolHealth;
  #nowMs = 0;
  #requests = 0;
  #failed = 0;
  #probesAtOnce = 0;

  constructor(scenario: CircuitScenario, plants: Plants) {
    this.#scenario = scenario;
    this.#plants = plants;
    this.#rng = makeRng(scenario.seed);
    this.#tallies = Array.from({ length: scenario.isolates }, () => noTally);
    this.#overdueMs = Array.from({ length: scenario.isolates }, () => null);
    this.#health = noHealth('target', 0);
    this.#decide({ kind: 'members', replicaIds: scenario.replicas });
  }

  run(): CircuitCount {
    this.#nextArrival();
    for (let isolate = 0; isolate < this.#scenario.isolates; isolate += 1)
      this.#nextBeat(isolate, this.#rng() * beatMs);
    for (let next = this.#events.pop(); next !== undefined; next = this.#events.pop()) {
      if (next.key > this.#scenario.endMs) break;
      this.#nowMs = next.key;
      next.value();
    }
    return {
      requests: this.#requests,
      failed: this.#failed,
      changes: this.#changes,
      answers: this.#answers,
      probesAtOnce: this.#probesAtOnce,
      health: this.#health,
    };
  }

  #nextArrival(): void {
    const gapMs = (-Math.log(1 - this.#rng()) * 1_000) / this.#scenario.perSecond;
    this.#at(gapMs, () => {
      this.#requests += 1;
      this.#request(Math.floor(this.#rng() * this.#scenario.isolates));
      this.#nextArrival();
    });
  }

  #nextBeat(isolate: number, inMs: number): void {
    this.#at(inMs, () => {
      this.#tell(isolate);
      this.#nextBeat(isolate, beatMs);
    });
  }

  /** A request asks for a replica: one that serves, or one that is to be probed. */
  #request(isolate: number): void {
    if (this.#plants.ignoreHealth === true) {
      const { replicas } = this.#scenario;
      const any = replicas[Math.floor(this.#rng() * replicas.length)];
      if (any !== undefined) this.#call(isolate, any, [], false);
      return;
    }
    const due = this.#plants.probeEach === true ? this.#anyOpen() : probeDue(this.#health, this.#nowMs);
    if (due !== null) {
      const permits = this.#plants.probeEach === true ? [] : this.#askProbe(due, isolate);
      if (permits !== null) return this.#call(isolate, due, permits, true);
    }
    const serving = [...servingReplicas(this.#health)];
    const isOpen = verdictOf(this.#health).targetOpen;
    const replica = serving[Math.floor(this.#rng() * serving.length)];
    if (isOpen || replica === undefined) {
      this.#failed += 1;
      return;
    }
    this.#call(isolate, replica, [], false);
  }

  #anyOpen(): string | null {
    return (
      Object.values(this.#health.replicas).find(({ circuit }) => circuit.phase !== 'closed')?.circuit.id ??
      null
    );
  }

  #askProbe(replicaId: string, isolate: number): readonly ProbePermit[] | null {
    const decision = decideHealth(
      this.#health,
      { kind: 'ask-probe', replicaId, holder: String(isolate) },
      this.#nowMs,
    );
    this.#take(decision.health);
    return decision.permits;
  }

  #call(isolate: number, replica: string, permits: readonly ProbePermit[], isProbe: boolean): void {
    if (isProbe) this.#countProbe(replica, 1);
    const overdueMs = this.#overdueMs[isolate] ?? null;
    const { outcome, tookMs } = this.#serve(replica);
    const deadlineMs = isProbe
      ? Math.min(...permits.map((permit) => permit.deadlineMs - this.#nowMs), 1_500)
      : Infinity;
    const isLate = overdueMs !== null && tookMs > overdueMs;
    if (isLate && !isProbe) this.#at(overdueMs, () => this.#note(isolate, replica, 'slow', overdueMs));
    const endMs = Math.min(tookMs, deadlineMs);
    if (outcome === 'ok' && tookMs <= deadlineMs)
      this.#answers.push({ atMs: this.#nowMs, firstTokenMs: tookMs });
    this.#at(endMs, () => {
      if (isProbe) this.#countProbe(replica, -1);
      const seen = tookMs > deadlineMs ? 'slow' : outcome;
      if (seen !== 'ok') this.#failed += 1;
      if (permits.length > 0)
        this.#at(travelMs, () => this.#decide({ kind: 'probe-done', permits, outcome: seen }));
      else if (seen !== null && (seen !== 'ok' || !isLate)) this.#note(isolate, replica, seen, tookMs);
    });
  }

  /** What the replica does with a call that begins now. A null outcome is not its fault. */
  #serve(replica: string): { readonly outcome: OutcomeClass | null; readonly tookMs: number } {
    const { firstTokenMs, errorShare, uncountedShare, faults } = this.#scenario;
    const fault = faults.find(
      (each) => each.replicas.includes(replica) && each.fromMs <= this.#nowMs && this.#nowMs < each.untilMs,
    );
    const usualMs = firstTokenMs * (0.6 + 0.8 * this.#rng());
    if (fault?.what === 'dead') return { outcome: 'hard', tookMs: 2 };
    const errors = fault?.what === 'errors' ? fault.by : errorShare;
    const draw = this.#rng();
    if (draw < errors) return { outcome: 'failure', tookMs: usualMs / 4 };
    if (draw > 1 - uncountedShare)
      return { outcome: this.#plants.countUncounted === true ? 'failure' : null, tookMs: usualMs / 4 };
    return { outcome: 'ok', tookMs: fault?.what === 'slow' ? usualMs * fault.by : usualMs };
  }

  #note(isolate: number, replicaId: string, outcome: OutcomeClass, firstTokenMs: number): void {
    this.#failures.set(replicaId, outcome === 'ok' ? 0 : (this.#failures.get(replicaId) ?? 0) + 1);
    const isTime = outcome === 'ok' || outcome === 'slow';
    const attempt = { replicaId, outcome, firstTokenMs: isTime ? firstTokenMs : null };
    const tally = noteOutcome(this.#tallies[isolate] ?? noTally, attempt, this.#nowMs);
    this.#tallies[isolate] = tally;
    if (isUrgent(tally)) this.#tell(isolate);
  }

  #tell(isolate: number): void {
    const { reports, tally } = takeReports(this.#tallies[isolate] ?? noTally, this.#nowMs);
    this.#tallies[isolate] = tally;
    this.#at(travelMs, () => {
      this.#decide({ kind: 'reports', reports });
      const { overdueMs } = verdictOf(this.#health);
      this.#at(travelMs, () => void (this.#overdueMs[isolate] = overdueMs));
    });
  }

  #decide(event: HealthEvent): void {
    this.#take(decideHealth(this.#health, event, this.#nowMs).health);
  }

  #take(health: PoolHealth): void {
    const before = this.#health;
    this.#health = health;
    for (const [id, { circuit }] of Object.entries(health.replicas)) {
      const was = before.replicas[id]?.circuit.phase ?? 'closed';
      if ((was === 'closed') === (circuit.phase === 'closed')) continue;
      const closed = circuit.phase === 'closed';
      this.#changes.push({ atMs: this.#nowMs, id, closed, failures: this.#failures.get(id) ?? 0 });
    }
  }

  #countProbe(replica: string, by: number): void {
    const count = (this.#probing.get(replica) ?? 0) + by;
    this.#probing.set(replica, count);
    this.#probesAtOnce = Math.max(this.#probesAtOnce, count);
  }

  #at(inMs: number, what: () => void): void {
    this.#events.push(this.#nowMs + Math.max(0, inMs), what);
  }
}
