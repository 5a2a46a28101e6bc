// The loop around the pool's state machine: event in, decision, one transaction, then the effects, each of whose outcomes comes back
// as an event. Owns the order "write before act" and nothing of the policy. Production and simulator run this file.
import { decidePool } from '../core/pool/decide-pool.ts';
import { startPollMs, type PoolSettings } from '../core/pool/pool-settings.ts';
import { restoreState, type PoolLedger, type PoolState, type Replica } from '../core/pool/pool-state.ts';
import { reportDemand, type DemandReport } from '../core/pool/demand-report.ts';
import { forgetHeard } from '../core/pool/journal.ts';
import { glancePool, type PoolGlance } from '../core/pool/glance-pool.ts';
import { confinedTenants } from '../core/pool/suspects.ts';
import { viewPool } from '../core/pool/view-pool.ts';
import type {
  Grant,
  PoolCommand,
  PoolEffect,
  PoolEvent,
  PoolWord,
  Refusal,
} from '../core/pool/pool-events.ts';
import type { PoolView } from '../core/pool/pool-view.ts';
import type { BackendFailure, ReplicaSighting } from '../core/pool/sighting.ts';
import type { Result } from '../core/base/result.ts';
import type { PoolNote } from './pool-recorder.ts';

/** What changed between two states; written in one transaction. */
export interface PoolWrite {
  readonly ledger: PoolLedger | null;
  readonly put: readonly Replica[];
  readonly drop: readonly string[];
}

export interface CommandRef {
  readonly command: PoolCommand;
  readonly replicaId: string;
  readonly generation: number;
  /** For a start: how long the backend may hold the call open. */
  readonly waitMs: number;
}

/** The outside world of a pool. No call throws; outcomes come through `done`, once, later. */
export interface PoolPorts {
  now(): number;
  read(): { readonly ledger: PoolLedger; readonly replicas: readonly Replica[] };
  write(change: PoolWrite): void;
  command(ref: CommandRef, done: (outcome: Result<ReplicaSighting | null, BackendFailure>) => void): void;
  list(done: (outcome: Result<readonly ReplicaSighting[], BackendFailure>) => void): void;
  /** Answers the open call of a waiting request. */
  answer(waiterId: string, answer: Result<Grant, Refusal>): void;
  tell(): void;
  /** Sets the one alarm, or clears it. Called only when the wake changes. */
  setAlarm(wakeMs: number | null): void;
  /** Hears of each event and what it led to, for the record of a deployment under development. */
  note?(note: PoolNote): void;
}

export class PoolHost {
  readonly #ports: PoolPorts;
  readonly #settings: PoolSettings;
  #state: PoolState;
  #wakeMs: number | null = null;

  /** Reads the durable state; anything that was under way is taken up again. */
  constructor(settings: PoolSettings, ports: PoolPorts) {
    this.#settings = settings;
    this.#ports = ports;
    const { ledger, replicas } = ports.read();
    this.#state = restoreState(ledger, replicas, ports.now());
    // A pool at rest stays at rest: reading it must not wake it.
    if (replicas.length > 0) this.handle({ kind: 'restarted' });
  }

  get state(): PoolState {
    return this.#state;
  }

  get wakeMs(): number | null {
    return this.#wakeMs;
  }

  glance(): PoolGlance {
    return glancePool(this.#settings, this.#state, this.#nowMs);
  }

  /** What isolates hear with every answer. */
  word(): PoolWord {
    return {
      contended: this.#state.waiting.length > 0,
      verdict: this.#state.care.verdict,
      confined: confinedTenants(this.#state),
    };
  }

  view(): PoolView {
    return viewPool(this.#settings, this.#state, this.#nowMs, this.#wakeMs);
  }

  /** What happened after event `sinceSeq`; what came up to it has been heard and is forgotten. Wakes nothing and writes nothing. */
  report(sinceSeq: number): DemandReport {
    const report = reportDemand(this.#settings, this.#state, this.#nowMs, sinceSeq);
    this.#state = { ...this.#state, journal: forgetHeard(this.#state.journal, sinceSeq) };
    return report;
  }

  get #nowMs(): number {
    return Math.max(this.#ports.now(), this.#state.nowMs);
  }

  handle(event: PoolEvent): void {
    this.handleAll([event]);
  }

  /**
   * Decides events that came together, writes once, then acts. A crash before the write leaves all as it was, one after it loses effects
   * only, and those are decided again.
   */
  handleAll(events: readonly PoolEvent[]): void {
    const nowMs = this.#ports.now();
    const { state, effects, wakeMs } = decidePool(this.#settings, this.#state, events, nowMs);
    this.#ports.note?.({ nowMs, events, effects });
    const change = diffStates(this.#state, state);
    // A wake is set before the rows that need it and cleared after those that do not: a crash in between leaves a needless alarm,
    // never a replica that nobody looks after.
    if (wakeMs !== null) this.#wakeBy(wakeMs, nowMs);
    if (change !== null) this.#ports.write(change);
    this.#state = state;
    if (wakeMs === null) this.#setAlarm(null);
    for (const effect of effects) this.#perform(effect);
  }

  /** The alarm has fired and is used up. */
  wake(): void {
    this.#wakeMs = null;
    this.handle({ kind: 'woke' });
  }

  /** One that comes too early looks, finds nothing to do, and sets the next: that is rarer than a write with each event that moves it. */
  #wakeBy(wakeMs: number, nowMs: number): void {
    const isInTime = this.#wakeMs !== null && this.#wakeMs > nowMs && this.#wakeMs <= wakeMs;
    if (!isInTime) this.#setAlarm(wakeMs);
  }

  #setAlarm(wakeMs: number | null): void {
    if (wakeMs === this.#wakeMs) return;
    this.#wakeMs = wakeMs;
    this.#ports.setAlarm(wakeMs);
  }

  #perform(effect: PoolEffect): void {
    switch (effect.kind) {
      case 'grant':
        return this.#ports.answer(effect.waiterId, { ok: true, value: effect.grant });
      case 'refuse':
        return this.#ports.answer(effect.waiterId, { ok: false, error: effect.refusal });
      case 'tell':
        return this.#ports.tell();
      case 'list':
        return this.#performList();
      case 'command':
        return this.#performCommand(effect);
    }
  }

  #performList(): void {
    const askedMs = this.#state.nowMs;
    this.#ports.list((outcome) => {
      const result = outcome.ok
        ? { ok: true as const, sightings: outcome.value }
        : { ok: false as const, failure: outcome.error };
      this.handle({ kind: 'listed', askedMs, result });
    });
  }

  #performCommand(effect: Extract<PoolEffect, { kind: 'command' }>): void {
    const { command, replicaId, generation } = effect;
    const waitMs = command === 'start' ? this.#startWaitMs(replicaId) : 0;
    this.#ports.command({ command, replicaId, generation, waitMs }, (outcome) => {
      const result = outcome.ok
        ? { ok: true as const, sighting: outcome.value }
        : { ok: false as const, failure: outcome.error };
      this.handle({ kind: 'command-done', command, replicaId, generation, result });
    });
  }

  /** No longer than the replica may take to start, so that a hanging start is noticed on time. */
  #startWaitMs(replicaId: string): number {
    const sinceMs = this.#state.replicas.get(replicaId)?.phaseSinceMs ?? this.#state.nowMs;
    const leftMs = sinceMs + this.#settings.startTimeoutMs - this.#state.nowMs;
    return Math.max(0, Math.min(startPollMs, leftMs));
  }
}

/** The rows that differ, by identity: the state machine replaces what it changes and leaves the rest. Null when none does. */
export function diffStates(before: PoolState, after: PoolState): PoolWrite | null {
  const put = [...after.replicas.values()].filter((replica) => before.replicas.get(replica.id) !== replica);
  const drop = [...before.replicas.keys()].filter((id) => !after.replicas.has(id));
  const ledger = before.ledger === after.ledger ? null : after.ledger;
  if (ledger === null && put.length === 0 && drop.length === 0) return null;
  return { ledger, put, drop };
}
