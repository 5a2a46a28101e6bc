// The time that a request has, as it shrinks on its way through hops and steps. Owns the arithmetic: no layer gives the next one more
// than it has itself. Between machines a deadline travels as time left, because their clocks differ. Pure.

/** The header in which time left travels, in whole milliseconds. */
export const remainingHeader = 'x-pilotlight-remaining-ms';
/** Nobody waits longer than that, whatever a header says. */
const remainingMsMax = 3_600_000;

export function remainingMs(deadlineMs: number, nowMs: number): number {
  return Math.max(0, deadlineMs - nowMs);
}

/** The deadline of a request that came with this header, within what is allowed here; without a sound header, what is allowed. */
export function deadlineFromHeader(header: string | null, nowMs: number, allowedMs: number): number {
  const said = header !== null && /^\d{1,10}$/.test(header) ? Number(header) : remainingMsMax;
  return nowMs + Math.min(said, remainingMsMax, Math.max(0, allowedMs));
}

/** What is told to the next hop: what is left, less what its answer needs to come back. */
export function headerForHop(deadlineMs: number, nowMs: number, reserveMs: number): string {
  return String(Math.floor(remainingMs(deadlineMs, nowMs + reserveMs)));
}

export interface StepTime {
  /** Of the whole run. */
  readonly deadlineMs: number;
  readonly nowMs: number;
  /** What the step is allowed at most by itself. */
  readonly limitMs: number;
  /** What the steps after it need at least. */
  readonly laterMs: number;
}

/** When a step must be over: by its own limit, and early enough for those that follow; never after the run's deadline. */
export function stepDeadlineMs({ deadlineMs, nowMs, limitMs, laterMs }: StepTime): number {
  const own = nowMs + Math.max(0, limitMs);
  const shared = deadlineMs - Math.max(0, laterMs);
  return Math.min(deadlineMs, own, Math.max(nowMs, shared));
}

/**
 * Whether a call is worth making: one whose time ends before an answer, which needs `needMs`, is work for nobody. Without knowledge of the
 * pool any time left is enough.
 */
export function isWorthCalling(deadlineMs: number, nowMs: number, needMs: number | null): boolean {
  const left = remainingMs(deadlineMs, nowMs);
  return left > 0 && left >= (needMs ?? 0);
}

/** The time of one who waits for a slot. */
export interface WaitTime {
  /** When its whole answer must be there. */
  readonly deadlineMs: number;
  /** When it has somewhere else to go, or no use for a slot any more; an answer that it has begun by then may take its time. */
  readonly slotByMs?: number | undefined;
}

/** When nobody waits any more. */
export function waitEndMs({ deadlineMs, slotByMs = Infinity }: WaitTime): number {
  return Math.min(deadlineMs, slotByMs);
}

/** Whether a slot that is free at `atMs` is of use: it is still waited for, and an answer, which needs `needMs`, is in time. */
export function isSlotInTime(time: WaitTime, atMs: number, needMs: number | null): boolean {
  return waitEndMs(time) > atMs && isWorthCalling(time.deadlineMs, atMs, needMs);
}
