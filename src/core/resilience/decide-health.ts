// How the health of a pool changes with what the isolates report, with probes and with time. Owns the target's part in it and the giving of
// permits; what health is and says is in pool-health.ts, the circuits' own rules are in breaker.ts. Pure.
//
// H1  at least half of the replicas that answer at all serve, whatever was reported
// H2  while the target is not closed, at most one probe is out in the whole pool
// H3  the target is not blamed for what a single replica among others does
import { noteBlame } from './blame.ts';
import type { OpenCause } from './breaker-policy.ts';
import { decideBreaker, newCircuit, type BreakerEvent, type Circuit, type ProbePermit } from './breaker.ts';
import { noFirstTokens, noteFirstTokens } from './first-tokens.ts';
import { findOutliers, type ReplicaHealth } from './outlier.ts';
import type { OutcomeClass } from './outcome-class.ts';
import { soundReports, type ReplicaReport } from './outcome-tally.ts';
import { nextProbeMs, ownOf, servingReplicas, toProbe, verdictOf, type PoolHealth } from './pool-health.ts';

export type HealthEvent =
  /** The replicas that are hot now. */
  | { readonly kind: 'members'; readonly replicaIds: readonly string[] }
  | { readonly kind: 'reports'; readonly reports: readonly ReplicaReport[] }
  /** May a request, or a check of the pool's own, go to this replica although it, or the target, is left out? */
  | { readonly kind: 'ask-probe'; readonly replicaId: string; readonly holder: string }
  | {
      readonly kind: 'probe-done';
      readonly permits: readonly ProbePermit[];
      readonly outcome: OutcomeClass | null;
    }
  | { readonly kind: 'force'; readonly replicaId: string | null; readonly open: boolean; readonly by: string }
  | { readonly kind: 'woke' };

export interface HealthDecision {
  readonly health: PoolHealth;
  /** Answer to `ask-probe`: null = no; empty = it serves anyhow and needs none. */
  readonly permits: readonly ProbePermit[] | null;
  /** When a probe is due or a permit is void; null when all circuits are closed. */
  readonly wakeMs: number | null;
  /** A circuit has changed its phase: the durable part is to be written, waiting requests are to be looked at again. */
  readonly changed: boolean;
}

/** A probe is given up after this long while nothing is known of the pool's first tokens. */
const probeTimeoutMs = 1_500;
const probeTimeoutMsMin = 500;
/** What has become slower for good must not be left out for ever: after half a minute of probes they may take longer. */
const probesPerDoubling = 30;
const doublingsMax = 6;

export function decideHealth(before: PoolHealth, event: HealthEvent, nowMs: number): HealthDecision {
  const woken = mapCircuits(before, (circuit) => step(circuit, { kind: 'woke' }, nowMs));
  const asked = event.kind === 'ask-probe' ? givePermits(woken, event, nowMs) : null;
  const applied = asked?.health ?? applyEvent(woken, event, nowMs);
  const health = judgeTarget(applied, nowMs);
  return {
    health,
    permits: asked?.permits ?? null,
    wakeMs: nextWakeMs(health),
    changed: phasesOf(health) !== phasesOf(before),
  };
}

function applyEvent(health: PoolHealth, event: HealthEvent, nowMs: number): PoolHealth {
  switch (event.kind) {
    case 'members':
      return setMembers(health, event.replicaIds, nowMs);
    case 'reports':
      return soundReports(event.reports).reduce((each, report) => noteReport(each, report, nowMs), health);
    case 'probe-done':
      return event.permits.reduce((each, permit) => endProbe(each, permit, event.outcome, nowMs), health);
    case 'force':
      return force(health, event, nowMs);
    case 'ask-probe':
    case 'woke':
      return health;
  }
}

function setMembers(health: PoolHealth, ids: readonly string[], nowMs: number): PoolHealth {
  const replicas = Object.fromEntries(
    ids.map((id) => [
      id,
      ownOf(health, id) ?? { circuit: newCircuit(id, nowMs), firstTokens: noFirstTokens },
    ]),
  );
  return { ...health, replicas };
}

function noteReport(health: PoolHealth, report: ReplicaReport, nowMs: number): PoolHealth {
  const replica = ownOf(health, report.replicaId);
  if (replica === null) return health;
  const serving = servingReplicas(health);
  const isHeldIn = serving.has(report.replicaId) && replica.circuit.phase !== 'closed';
  const { overdueMs } = verdictOf(health);
  const run = slowed(report, overdueMs);
  const { firstTokensMs, beatenMs } = report;
  const firstTokens = noteFirstTokens(replica.firstTokens, firstTokensMs, overdueMs, beatenMs);
  const event: BreakerEvent = { kind: 'outcomes', run, okAgeMs: report.okAgeMs, heldIn: isHeldIn };
  const noted = setReplica(health, { circuit: step(replica.circuit, event, nowMs), firstTokens });
  // What a replica that is left out still has under way says nothing of the target.
  const blamed = serving.has(report.replicaId)
    ? blameTarget(noted, { ...report, run }, serving.size, nowMs)
    : noted;
  return findOutliers(Object.values(blamed.replicas)).reduce(
    (each, { id, cause, detail }) => stepReplica(each, id, { kind: 'eject', cause, detail }, nowMs),
    blamed,
  );
}

/** An isolate that has not heard yet what is overdue takes an answer for a success however late it began. */
function slowed({ run, firstTokensMs }: ReplicaReport, overdueMs: number | null): string {
  const isLate = overdueMs !== null && firstTokensMs.length > 0 && Math.min(...firstTokensMs) > overdueMs;
  return isLate ? run.replaceAll('o', 's') : run;
}

function blameTarget(health: PoolHealth, report: ReplicaReport, serving: number, nowMs: number): PoolHealth {
  const { blame, run } = noteBlame(health.blame, report, serving, nowMs);
  const event: BreakerEvent = { kind: 'outcomes', run, okAgeMs: report.okAgeMs };
  return { ...health, blame, target: step(health.target, event, nowMs) };
}

/**
 * With every replica left out the target is, too. It is back when a replica is that was not before; and when there is none left, for then
 * the pool is cold, and starts one.
 */
function judgeTarget(health: PoolHealth, nowMs: number): PoolHealth {
  const { target } = health;
  const circuits = Object.values(health.replicas).map(({ circuit }) => circuit);
  if (target.phase === 'closed') {
    if (circuits.length === 0 || circuits.some(({ phase }) => phase === 'closed')) return health;
    const detail = `all ${circuits.length} replicas are left out`;
    return { ...health, target: step(target, { kind: 'eject', cause: 'all-replicas', detail }, nowMs) };
  }
  const isMended =
    circuits.length === 0 ||
    circuits.some(({ phase, sinceMs }) => phase === 'closed' && sinceMs > target.openedMs);
  if (target.cause === 'operator' || !isMended) return health;
  return { ...health, target: step(target, { kind: 'close', detail: 'a replica serves' }, nowMs) };
}

function givePermits(
  health: PoolHealth,
  { replicaId, holder }: Extract<HealthEvent, { kind: 'ask-probe' }>,
  nowMs: number,
): { readonly health: PoolHealth; readonly permits: readonly ProbePermit[] } | null {
  const replica = ownOf(health, replicaId);
  if (replica === null) return null;
  const usualMs = Math.max(probeTimeoutMsMin, verdictOf(health).overdueMs ?? probeTimeoutMs);
  const doublings = Math.floor(replica.circuit.probe.failed / probesPerDoubling);
  const timeoutMs = usualMs * 2 ** Math.min(doublings, doublingsMax);
  const ask: BreakerEvent = { kind: 'ask-probe', holder, timeoutMs };
  const needs = [
    ...(health.target.phase === 'closed' ? [] : [health.target]),
    ...toProbe(health).filter(({ id }) => id === replicaId),
  ];
  const given = needs.map((circuit) => decideBreaker(circuit, ask, nowMs));
  const permits = given.flatMap(({ permit }) => permit ?? []);
  // All or none: half a right to probe is none.
  if (permits.length < needs.length) return null;
  const next = given.reduce((each, { circuit }) => setCircuit(each, circuit), health);
  return { health: next, permits };
}

function endProbe(
  health: PoolHealth,
  { circuitId, number }: ProbePermit,
  outcome: OutcomeClass | null,
  nowMs: number,
): PoolHealth {
  const event: BreakerEvent = { kind: 'probe-done', number, outcome };
  if (circuitId === health.target.id) return { ...health, target: step(health.target, event, nowMs) };
  return stepReplica(health, circuitId, event, nowMs);
}

function force(
  health: PoolHealth,
  { replicaId, open, by }: Extract<HealthEvent, { kind: 'force' }>,
  nowMs: number,
): PoolHealth {
  const cause: OpenCause = 'operator';
  const event: BreakerEvent = open ? { kind: 'eject', cause, detail: by } : { kind: 'close', detail: by };
  if (replicaId === null) return { ...health, target: step(health.target, event, nowMs) };
  return stepReplica(health, replicaId, event, nowMs);
}

function step(circuit: Circuit, event: BreakerEvent, nowMs: number): Circuit {
  return decideBreaker(circuit, event, nowMs).circuit;
}

function stepReplica(health: PoolHealth, id: string, event: BreakerEvent, nowMs: number): PoolHealth {
  const replica = ownOf(health, id);
  if (replica === null) return health;
  return setReplica(health, withCircuit(replica, step(replica.circuit, event, nowMs)));
}

/** What it did when it was left out says nothing about a replica that is back. */
function withCircuit(replica: ReplicaHealth, circuit: Circuit): ReplicaHealth {
  const isBack = replica.circuit.phase !== 'closed' && circuit.phase === 'closed';
  const { firstTokens } = replica;
  return { circuit, firstTokens: isBack ? { ...firstTokens, lastMs: [] } : firstTokens };
}

function setReplica(health: PoolHealth, replica: ReplicaHealth): PoolHealth {
  return { ...health, replicas: { ...health.replicas, [replica.circuit.id]: replica } };
}

function setCircuit(health: PoolHealth, circuit: Circuit): PoolHealth {
  if (circuit.id === health.target.id) return { ...health, target: circuit };
  const replica = ownOf(health, circuit.id);
  return replica === null ? health : setReplica(health, withCircuit(replica, circuit));
}

function mapCircuits(health: PoolHealth, change: (circuit: Circuit) => Circuit): PoolHealth {
  const entries = Object.entries(health.replicas).map(([id, replica]): [string, ReplicaHealth] => {
    const circuit = change(replica.circuit);
    return [id, circuit === replica.circuit ? replica : { ...replica, circuit }];
  });
  return { ...health, target: change(health.target), replicas: Object.fromEntries(entries) };
}

function nextWakeMs(health: PoolHealth): number | null {
  const circuits = [health.target, ...toProbe(health)].filter(({ phase }) => phase !== 'closed');
  return circuits.length === 0 ? null : Math.min(...circuits.map(nextProbeMs));
}

function phasesOf({ target, replicas }: PoolHealth): string {
  return [target, ...Object.values(replicas).map(({ circuit }) => circuit)]
    .map(({ id, phase, sinceMs }) => `${id} ${phase} ${sinceMs}`)
    .join('\n');
}
