// The health of a pool: a circuit for each hot replica, one for the pool as a target, and what first tokens usually take. Owned by the
// pool's object, fed by the isolates' reports, and told to them as a verdict. Owns who serves, who is left out and who may probe;
// the circuits' own rules are in breaker.ts, the comparison and the floor in outlier.ts. Plain data, pure.
//
// H1  at least half of the replicas that answer at all serve, whatever was reported
// H2  while the target is not closed, at most one probe is out in the whole pool
// H3  the target is not blamed for what a single replica among others does
import { noteBlame, noBlame, type Blame } from './blame.ts';
import type { OpenCause } from './breaker-policy.ts';
import { decideBreaker, newCircuit, type BreakerEvent, type Circuit, type ProbePermit } from './breaker.ts';
import { noFirstTokens, noteFirstTokens, overdueAfterMs, usualQuantileMs } from './first-tokens.ts';
import { findOutliers, heldIn, type ReplicaHealth } from './outlier.ts';
import type { OutcomeClass } from './outcome-class.ts';
import { soundReports, type ReplicaReport } from './outcome-tally.ts';

export interface PoolHealth {
  readonly target: Circuit;
  /** By replica id; the hot replicas and no others. */
  readonly replicas: Readonly<Record<string, ReplicaHealth>>;
  readonly blame: Blame;
}

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

/** What isolates are told with every answer of the pool. */
export interface HealthVerdict {
  readonly targetOpen: boolean;
  /** When the next probe of the target is due: an isolate need not ask before. Null while it is closed. */
  readonly probeDueMs: number | null;
  /** Replicas whose idle slots are to be given back. */
  readonly ejected: readonly string[];
  /** A first token that takes longer is reported as `slow` while it is waited for; null = unknown. */
  readonly overdueMs: number | null;
  readonly firstTokenMsP50: number | null;
  readonly firstTokenMsP95: number | null;
}

/** A probe is given up after this long while nothing is known of the pool's first tokens. */
const probeTimeoutMs = 1_500;
const probeTimeoutMsMin = 500;
/** What has become slower for good must not be left out for ever: after half a minute of probes they may take longer. */
const probesPerDoubling = 30;
const doublingsMax = 6;

export function noHealth(target: string, nowMs: number): PoolHealth {
  return { target: newCircuit(target, nowMs), replicas: {}, blame: noBlame };
}

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

/**
 * Replicas that get requests without a permit. Of a target that is open, these are for requests that nobody else can serve; all others
 * go elsewhere, or wait for the probe.
 */
export function servingReplicas({ replicas }: PoolHealth): ReadonlySet<string> {
  const all = Object.values(replicas);
  const held = heldIn(all);
  const circuits = all.map(({ circuit }) => circuit);
  return new Set(circuits.filter(({ id, phase }) => phase === 'closed' || held.has(id)).map(({ id }) => id));
}

/** A replica that may be probed now: one to which the next waiting request goes, or a check. Null when none is due. */
export function probeDue(health: PoolHealth, nowMs: number): string | null {
  const { target } = health;
  const isOpen = target.phase !== 'closed';
  if (isOpen && !isDue(target, nowMs)) return null;
  const circuits = Object.values(health.replicas).map(({ circuit }) => circuit);
  const due = toProbe(health).find((circuit) => isDue(circuit, nowMs));
  return due?.id ?? (isOpen ? (circuits.find(({ phase }) => phase === 'closed')?.id ?? null) : null);
}

/** Circuits that need a permit of their own: those left out, and of a target that is open those held in, too. */
function toProbe(health: PoolHealth): readonly Circuit[] {
  const circuits = Object.values(health.replicas).map(({ circuit }) => circuit);
  if (health.target.phase !== 'closed') return circuits.filter(({ phase }) => phase !== 'closed');
  const serving = servingReplicas(health);
  return circuits.filter(({ id, phase }) => phase === 'half-open' || !serving.has(id));
}

export function verdictOf(health: PoolHealth): HealthVerdict {
  const serving = servingReplicas(health);
  const times = Object.values(health.replicas).map(({ firstTokens }) => firstTokens);
  const { target } = health;
  return {
    targetOpen: target.phase !== 'closed',
    probeDueMs: target.phase === 'closed' ? null : nextProbeMs(target),
    ejected: Object.keys(health.replicas).filter((id) => !serving.has(id)),
    overdueMs: overdueAfterMs(times),
    firstTokenMsP50: usualQuantileMs(times, 0.5),
    firstTokenMsP95: usualQuantileMs(times, 0.95),
  };
}

/** What outlives the object: circuits that are not closed and the histories. What was measured is learned again. */
export function durableHealth({ target, replicas }: PoolHealth): PoolHealth {
  const kept = Object.entries(replicas).map(([id, { circuit }]) => [
    id,
    { circuit: { ...circuit, run: '' }, firstTokens: noFirstTokens },
  ]);
  return { target: { ...target, run: '' }, replicas: Object.fromEntries(kept), blame: noBlame };
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
  const firstTokens = noteFirstTokens(replica.firstTokens, report.firstTokensMs, overdueMs);
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

/** Replica ids are the pool's own, but a record answers to more names than it was given. */
function ownOf({ replicas }: PoolHealth, id: string): ReplicaHealth | null {
  return Object.hasOwn(replicas, id) ? (replicas[id] ?? null) : null;
}

function isDue({ phase, probe }: Circuit, nowMs: number): boolean {
  return phase === 'open' && probe.dueMs <= nowMs;
}

function nextProbeMs({ probe }: Circuit): number {
  return probe.given?.deadlineMs ?? probe.dueMs;
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
