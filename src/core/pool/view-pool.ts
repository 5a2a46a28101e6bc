// Renders a pool's state for the admin API: the same numbers that decisions are made from, charged up to this moment. Pure.
import { viewCircuit } from './circuit-view.ts';
import { timesOf } from './expect.ts';
import { servingSlots } from './line.ts';
import { planInForce, wantedReplicas } from './need.ts';
import { addLives, charge, ledgerOf } from './replica-life.ts';
import { inFlightMax } from './pool-limit.ts';
import { speculationOf } from './speculation.ts';
import type { WarmthPlan } from '../warming/pool-plan.ts';
import type { PoolSettings } from './pool-settings.ts';
import { noLife, type Backoff, type Life, type PoolState, type Replica } from './pool-state.ts';
import type { PoolView, PrewarmView, ReplicaView } from './pool-view.ts';

export function viewPool(
  settings: PoolSettings,
  state: PoolState,
  nowMs: number,
  nextWakeMs: number | null,
): PoolView {
  const replicas = [...state.replicas.values()].map((replica) => charge(replica, nowMs));
  const life = replicas.reduce((sum, replica) => addLives(sum, replica.life), state.ledger.past.life);
  const wanted = wantedReplicas({ ...state, settings, nowMs });
  const { backoff, past, served, waits, loads } = state.ledger;
  const plan = planInForce({ ledger: state.ledger, nowMs });
  return {
    pool: settings.pool,
    version: settings.version,
    place: settings.place,
    nowMs,
    replicas: replicas.map((replica) => viewReplica(settings, state, replica)),
    counts: countPhases(replicas),
    circuit: viewCircuit(state.care.health.target),
    inFlightMax: inFlightMax(state.limit, servingSlots(settings, state.replicas, state.care)),
    queue: {
      waiting: state.waiting.length,
      max: settings.queueMax,
      oldestWaitMs: oldestWaitMs(state, nowMs),
    },
    target: { ...wanted, planned: plan === null ? null : shortOf(plan) },
    plan,
    backoff: viewBackoff(backoff, nowMs),
    backend: state.backend,
    past: { replicas: past.replicas, life: ledgerOf(past.life) },
    life: ledgerOf(life),
    costMicros: costMicros(settings, life),
    requests: { served: served.hot + served.parked + served.cold, ...served },
    speculation: speculationOf(settings, state.ledger, replicas, nowMs),
    prewarm: viewPrewarm(settings, state),
    waits,
    ...loads,
    granted: state.ledger.granted,
    nextWakeMs,
  };
}

function viewBackoff(backoff: Backoff | null, nowMs: number): PoolView['backoff'] {
  if (backoff === null || backoff.untilMs <= nowMs) return null;
  const { failures, untilMs, reason } = backoff;
  return { failures, untilMs, reason };
}

function viewPrewarm(settings: PoolSettings, { ledger }: PoolState): PrewarmView {
  const { expected, prewarms, loadTimes } = ledger;
  const done = prewarms.useful + prewarms.wasted;
  return {
    ...prewarms,
    mode: expected.mode,
    expected: expected.runs.map(({ run, probability, startMs, untilMs }) => ({
      run,
      probability,
      startMs,
      untilMs,
    })),
    usefulShare: done === 0 ? null : prewarms.useful / done,
    loadMsP90: Math.round(timesOf(settings, loadTimes).loadMs.p90),
  };
}

function shortOf({ keepHot, untilMs, because }: WarmthPlan): PoolView['target']['planned'] {
  return { replicas: keepHot, untilMs, because };
}

/** Price of a life in whole micro-dollars: parked time at the parked price, all other time at the hot price. */
export function costMicros(settings: PoolSettings, life: Life = noLife): number {
  const hotMs = life.busyMs + life.idleMs + life.loadingMs;
  const parkedMicros = life.parkedMs * settings.parkedMicrosPerSecond;
  return Math.round((hotMs * settings.hotMicrosPerSecond + parkedMicros) / 1000);
}

function viewReplica(settings: PoolSettings, { care }: PoolState, replica: Replica): ReplicaView {
  const circuit = care.health.replicas[replica.id]?.circuit;
  const { id, generation, phase, phaseSinceMs, createdMs, loadMs, wakeMs } = replica;
  return {
    id,
    generation,
    phase,
    phaseSinceMs,
    createdMs,
    slots: settings.slots,
    leasedSlots: replica.leases.length,
    life: ledgerOf(replica.life),
    loadMs,
    wakeMs,
    circuit: circuit === undefined ? null : viewCircuit(circuit),
  };
}

function countPhases(replicas: readonly Replica[]): PoolView['counts'] {
  const count = (...phases: string[]): number =>
    replicas.filter((replica) => phases.includes(replica.phase)).length;
  return {
    hot: count('hot', 'draining'),
    loading: count('starting', 'waking'),
    parked: count('parking', 'parked'),
    stopping: count('stopping'),
  };
}

function oldestWaitMs(state: PoolState, nowMs: number): number {
  return state.waiting.reduce((oldest, waiter) => Math.max(oldest, nowMs - waiter.enqueuedMs), 0);
}
