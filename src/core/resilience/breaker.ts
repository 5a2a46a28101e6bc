// The circuit of one replica or target: closed, open, or half-open, which is open with exactly one probe out. One object owns a circuit
// for all isolates; a probe is a permit with a number and a time, and one that nobody reports is void. Plain data, pure.
//
// B1  at most one permit is out at any time, and none unless the circuit is half-open
// B2  only the outcome of the permit that is out closes a circuit or sets its next probe; any other report of a probe changes nothing
// B3  an open circuit, unless an operator opened it, has a next probe, at most `probeMsMax` after the last one ended
// B4  the history is bounded, and its last entry says what the circuit is
import { hashText } from '../run/hash-text.ts';
import {
  breakerPolicy,
  findTrip,
  probesToClose,
  trialRun,
  type BreakerPolicy,
  type OpenCause,
} from './breaker-policy.ts';
import { joinRuns, rowAtEnd, type OutcomeClass } from './outcome-class.ts';

export type CircuitPhase = 'closed' | 'open' | 'half-open';

export interface Transition {
  readonly atMs: number;
  readonly to: CircuitPhase;
  readonly cause: OpenCause | null;
  readonly detail: string;
}

export interface GivenPermit {
  readonly number: number;
  readonly holder: string;
  readonly deadlineMs: number;
}

export interface Circuit {
  readonly id: string;
  readonly phase: CircuitPhase;
  readonly sinceMs: number;
  /** When it opened; 0 while it is closed. */
  readonly openedMs: number;
  /** Why it is not closed. */
  readonly cause: OpenCause | null;
  /** The last outcomes while it was closed. */
  readonly run: string;
  readonly runMs: number;
  /** When the first of the failures at its end was told. */
  readonly rowMs: number;
  /** Permits given in its whole life: their numbers. */
  readonly permits: number;
  readonly probe: {
    readonly dueMs: number;
    /** How many must pass in a row. */
    readonly needed: number;
    /** Of the probes since it opened, those that failed, and those that passed since. */
    readonly failed: number;
    readonly passed: number;
    readonly given: GivenPermit | null;
  };
  readonly history: readonly Transition[];
}

/** The right to make the one probe. Whoever holds it ends the probe by `deadlineMs` and reports it under its number. */
export interface ProbePermit {
  readonly circuitId: string;
  readonly number: number;
  readonly deadlineMs: number;
}

export type BreakerEvent =
  /**
   * Attempts have ended, in this order, the last success `okAgeMs` ago (now, if not given). `heldIn`: the circuit is not closed, but
   * served all the same, for lack of others.
   */
  | {
      readonly kind: 'outcomes';
      readonly run: string;
      readonly okAgeMs?: number | null;
      readonly heldIn?: boolean;
    }
  | { readonly kind: 'ask-probe'; readonly holder: string; readonly timeoutMs: number }
  /** A null outcome says nothing: the client was gone, or its request was at fault. */
  | { readonly kind: 'probe-done'; readonly number: number; readonly outcome: OutcomeClass | null }
  | { readonly kind: 'eject'; readonly cause: OpenCause; readonly detail: string }
  | { readonly kind: 'close'; readonly detail: string }
  | { readonly kind: 'woke' };

export interface BreakerDecision {
  readonly circuit: Circuit;
  /** Given to whoever asked; null = no. */
  readonly permit: ProbePermit | null;
  /** When a probe is due, or the one that is out is void; null while closed. */
  readonly wakeMs: number | null;
}

/** Entries of history kept: a bad minute of a flapping server. */
export const historyMax = 16;
/** A report may travel this long after its probe's deadline. */
export const permitGraceMs = 500;
/** A probe takes this long at most, whatever its holder asks for: longer than any first token is waited for. */
export const probeTimeoutMsMax = 60_000;
/** Successes in a row that close a circuit which is held in traffic ... */
const heldInRow = 5;
/** ... once those from before it opened have been told: longer than isolates wait with a success. */
export const heldInAfterMs = 2_500;

/** The last moment that a date can name. */
export const neverMs = 8.64e15;

const noProbe: Circuit['probe'] = { dueMs: 0, needed: 1, failed: 0, passed: 0, given: null };

export function newCircuit(id: string, nowMs: number): Circuit {
  return {
    id,
    phase: 'closed',
    sinceMs: nowMs,
    openedMs: 0,
    cause: null,
    run: '',
    runMs: nowMs,
    rowMs: nowMs,
    permits: 0,
    probe: noProbe,
    history: [],
  };
}

/** Total: late, repeated and foreign reports change nothing. */
export function decideBreaker(
  before: Circuit,
  event: BreakerEvent,
  nowMs: number,
  policy: BreakerPolicy = breakerPolicy,
): BreakerDecision {
  const now = Math.max(nowMs, before.sinceMs);
  const circuit = takeBackVoid(before, now, policy);
  const given = event.kind === 'ask-probe' ? givePermit(circuit, event, now) : null;
  const next = given?.circuit ?? applyEvent(circuit, event, now, policy);
  return { circuit: next, permit: given?.permit ?? null, wakeMs: wakeOf(next) };
}

function applyEvent(circuit: Circuit, event: BreakerEvent, nowMs: number, policy: BreakerPolicy): Circuit {
  switch (event.kind) {
    case 'outcomes':
      return noteOutcomes(circuit, event, nowMs, policy);
    case 'probe-done':
      if (circuit.probe.given?.number !== event.number) return circuit;
      return endProbe(circuit, event.outcome, nowMs, policy);
    case 'eject':
      return circuit.phase === 'closed' ? openFor(circuit, event, nowMs, policy) : circuit;
    case 'close':
      return circuit.phase === 'closed' ? circuit : close(circuit, event.detail, nowMs, policy);
    case 'ask-probe':
    case 'woke':
      return circuit;
  }
}

function noteOutcomes(
  circuit: Circuit,
  event: Extract<BreakerEvent, { kind: 'outcomes' }>,
  nowMs: number,
  policy: BreakerPolicy,
): Circuit {
  const isClosed = circuit.phase === 'closed';
  // What was under way when it opened says nothing about now.
  const isStale = !isClosed && (event.heldIn !== true || nowMs < circuit.openedMs + heldInAfterMs);
  if (isStale || event.run === '') return circuit;
  const kept = nowMs - circuit.runMs > policy.staleMs ? { ...circuit, run: '' } : circuit;
  return inOrder(kept, event, nowMs)
    .split('')
    .reduce((each, letter) => {
      // One letter may open or close it; those after it are of before.
      if (each.phase !== circuit.phase) return each;
      return noteLetter(each, letter, nowMs, policy);
    }, kept);
}

/**
 * The run to add. Successes that were seen before the failures began at which the circuit's run ends are told late: they say nothing
 * about now, and must not break the row.
 */
function inOrder(
  { run, rowMs }: Circuit,
  event: Extract<BreakerEvent, { kind: 'outcomes' }>,
  nowMs: number,
): string {
  const added = joinRuns('', event.run);
  const endsBadly = run !== '' && !run.endsWith('o');
  return endsBadly && nowMs - (event.okAgeMs ?? 0) < rowMs ? added.replaceAll('o', '') : added;
}

function noteLetter(circuit: Circuit, letter: string, nowMs: number, policy: BreakerPolicy): Circuit {
  const isFirst = circuit.run === '' || circuit.run.endsWith('o');
  const run = joinRuns(circuit.run, letter);
  const noted = { ...circuit, run, runMs: nowMs, rowMs: isFirst ? nowMs : circuit.rowMs };
  if (circuit.phase !== 'closed')
    return rowAtEnd(run, 'o') >= heldInRow ? close(noted, 'served well', nowMs, policy) : noted;
  const trip = findTrip(run, policy);
  return trip === null ? noted : openFor(noted, trip, nowMs, policy);
}

function openFor(
  circuit: Circuit,
  { cause, detail }: { readonly cause: OpenCause; readonly detail: string },
  nowMs: number,
  policy: BreakerPolicy,
): Circuit {
  // One that never was open has been closed for ever.
  const closedForMs = circuit.history.length === 0 ? Infinity : nowMs - circuit.sinceMs;
  const needed = probesToClose(cause, closedForMs);
  // What an operator has opened nobody probes: it is the operator who closes it.
  const dueMs = cause === 'operator' ? neverMs : nowMs + probeGapMs(circuit, 0, policy);
  const probe = { ...noProbe, needed, dueMs };
  return enter({ ...circuit, cause, probe, run: '', openedMs: nowMs }, 'open', detail, nowMs);
}

function close(circuit: Circuit, detail: string, nowMs: number, policy: BreakerPolicy): Circuit {
  const run = trialRun(circuit.cause, policy);
  return enter(
    { ...circuit, cause: null, openedMs: 0, run, runMs: nowMs, rowMs: nowMs, probe: noProbe },
    'closed',
    detail,
    nowMs,
  );
}

function givePermit(
  circuit: Circuit,
  { holder, timeoutMs }: Extract<BreakerEvent, { kind: 'ask-probe' }>,
  nowMs: number,
): { readonly circuit: Circuit; readonly permit: ProbePermit } | null {
  if (circuit.phase !== 'open' || circuit.probe.dueMs > nowMs) return null;
  const number = circuit.permits + 1;
  const deadlineMs = nowMs + Math.min(Math.max(timeoutMs, 0), probeTimeoutMsMax);
  const probe = { ...circuit.probe, given: { number, holder, deadlineMs } };
  const asked = enter({ ...circuit, permits: number, probe }, 'half-open', `probe ${number}`, nowMs);
  return { circuit: asked, permit: { circuitId: circuit.id, number, deadlineMs } };
}

function endProbe(
  circuit: Circuit,
  outcome: OutcomeClass | null,
  nowMs: number,
  policy: BreakerPolicy,
): Circuit {
  const { failed, passed } = circuit.probe;
  if (outcome === null) {
    const probe = { ...circuit.probe, given: null, dueMs: nowMs };
    return enter({ ...circuit, probe }, 'open', 'probe said nothing', nowMs);
  }
  if (outcome !== 'ok') {
    const dueMs = nowMs + probeGapMs(circuit, failed + 1, policy);
    const probe = { ...circuit.probe, dueMs, failed: failed + 1, passed: 0, given: null };
    return enter({ ...circuit, probe }, 'open', `probe: ${outcome}`, nowMs);
  }
  if (passed + 1 >= circuit.probe.needed) return close(circuit, 'probe passed', nowMs, policy);
  const probe = { ...circuit.probe, dueMs: nowMs, passed: passed + 1, given: null };
  return enter({ ...circuit, probe }, 'open', `probe passed, ${passed + 1} so far`, nowMs);
}

/** A permit whose time is over without a report counts as a probe that failed. */
function takeBackVoid(circuit: Circuit, nowMs: number, policy: BreakerPolicy): Circuit {
  const { given, failed } = circuit.probe;
  if (given === null || nowMs < given.deadlineMs + permitGraceMs) return circuit;
  const endMs = given.deadlineMs + permitGraceMs;
  const dueMs = endMs + probeGapMs(circuit, failed + 1, policy);
  const probe = { ...circuit.probe, dueMs, failed: failed + 1, passed: 0, given: null };
  return enter({ ...circuit, probe }, 'open', 'probe was not reported', endMs);
}

function enter(circuit: Circuit, to: CircuitPhase, detail: string, nowMs: number): Circuit {
  const entry: Transition = { atMs: nowMs, to, cause: circuit.cause, detail };
  // A circuit that stays open for hours is probed each second: its probes are one entry, so that the reason stays in sight.
  const [last, before] = [circuit.history.at(-1), circuit.history.at(-2)];
  const isRepeat =
    circuit.probe.failed > 1 && last?.to === 'half-open' && before?.to === 'open' && to === 'open';
  const kept = isRepeat && isProbeEntry(before) ? circuit.history.slice(0, -2) : circuit.history;
  return { ...circuit, phase: to, sinceMs: nowMs, history: [...kept, entry].slice(-historyMax) };
}

function isProbeEntry({ detail }: Transition): boolean {
  return detail.startsWith('probe');
}

/** Doubling from the first gap to the largest, less up to a quarter by the circuit's own name, so that no two are probed in step. */
function probeGapMs({ id, permits }: Circuit, failed: number, policy: BreakerPolicy): number {
  const gapMs = Math.min(policy.probeMsMax, policy.probeFirstMs * 2 ** Math.min(failed, 10));
  const draw = Number.parseInt(hashText(`${id} ${permits}`).slice(0, 8), 16) / 2 ** 32;
  return Math.round(gapMs * (1 - draw / 4));
}

function wakeOf({ phase, probe }: Circuit): number | null {
  if (phase === 'closed') return null;
  return probe.given === null ? probe.dueMs : probe.given.deadlineMs + permitGraceMs;
}
