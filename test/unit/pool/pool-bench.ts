// A pool on a bench: settings, a state that events are fed into, and what it asked for so far.
import { decidePool, type PoolDecision } from '../../../src/core/pool/decide-pool.ts';
import { checkPool } from '../../../src/core/pool/invariants.ts';
import type { Grant, PoolEffect, PoolEvent } from '../../../src/core/pool/pool-events.ts';
import type { PoolSettings } from '../../../src/core/pool/pool-settings.ts';
import {
  emptyLedger,
  restoreState,
  type PoolState,
  type Replica,
} from '../../../src/core/pool/pool-state.ts';
import type { ReplicaSighting } from '../../../src/core/pool/sighting.ts';

export const settings: PoolSettings = {
  pool: 'm@1~here',
  version: 'm@1',
  place: 'here',
  slots: 2,
  replicasMax: 2,
  floor: 0,
  parking: true,
  isFixed: false,
  hotIdleMs: 10_000,
  parkedIdleMs: 20_000,
  startTimeoutMs: 30_000,
  queueMax: 4,
  waitTargetMs: null,
  hotMicrosPerSecond: 100,
  parkedMicrosPerSecond: 10,
  gamma: 45,
  loadGuessMs: 4_000,
  wakeGuessMs: 500,
};

export class PoolBench {
  readonly settings: PoolSettings;
  state: PoolState;
  nowMs = 1_000;
  wakeMs: number | null = null;
  readonly effects: PoolEffect[] = [];

  constructor(change: Partial<PoolSettings> = {}) {
    this.settings = { ...settings, ...change };
    this.state = restoreState(emptyLedger, [], this.nowMs);
  }

  /** Feeds one event after `afterMs`; returns the effects, and fails on any broken invariant. */
  feed(event: PoolEvent, afterMs = 0): readonly PoolEffect[] {
    this.nowMs += afterMs;
    const decision: PoolDecision = decidePool(this.settings, this.state, [event], this.nowMs);
    const broken = checkPool(this.settings, decision, this.state.replicas);
    if (broken.length > 0) throw new Error(broken.join('; '));
    this.state = decision.state;
    this.wakeMs = decision.wakeMs;
    this.effects.push(...decision.effects);
    return decision.effects;
  }

  ask(id: string, tenant = 't', waitMs = 60_000): readonly PoolEffect[] {
    return this.feed({ kind: 'acquire', waiter: { id, tenant, deadlineMs: this.nowMs + waitMs } });
  }

  /** The backend's answer to the replica's present command. */
  answer(condition: ReplicaSighting['condition'], afterMs = 0, replica = this.sole()): readonly PoolEffect[] {
    const command = { starting: 'start', parking: 'park', waking: 'wake', stopping: 'stop' }[
      replica.phase as 'starting'
    ] as 'start';
    const result = { ok: true as const, sighting: sightingOf(replica, condition) };
    return this.feed(
      { kind: 'command-done', command, replicaId: replica.id, generation: replica.generation, result },
      afterMs,
    );
  }

  /** A pool with one hot replica and one grant. */
  warm(): Grant {
    this.ask('first');
    const [effect] = this.answer('ready', 500);
    if (effect?.kind !== 'grant') throw new Error('no grant');
    return effect.grant;
  }

  release(grant: Grant, outcome: 'served' | 'replica-failed' = 'served', afterMs = 0): readonly PoolEffect[] {
    return this.feed({ kind: 'release', leaseId: grant.leaseId, outcome }, afterMs);
  }

  sole(): Replica {
    const [replica, more] = [...this.state.replicas.values()];
    if (replica === undefined || more !== undefined) throw new Error(`${this.state.replicas.size} replicas`);
    return replica;
  }
}

export function sightingOf(
  replica: Pick<Replica, 'id' | 'generation'>,
  condition: ReplicaSighting['condition'],
): ReplicaSighting {
  const { id, generation } = replica;
  return {
    id,
    generation,
    condition,
    endpoint: 'http://r',
    loadMs: 400,
    wakeMs: 5,
    reason: condition === 'failed' ? 'no weights' : null,
  };
}
