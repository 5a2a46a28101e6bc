// How long the one who asks will wait, as far as its headers say: the time that is left to a caller with a deadline of its own, and the
// time after which an OpenAI client gives up. Owns what is an order and what a hint, and what either does to a request's limits. Pure.
import type { Failure } from '../api/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { deadlineFromHeader, remainingHeader } from './deadline.ts';

/** Sent by OpenAI's own clients: JavaScript's in whole seconds, cut, when a call has a timeout of its own; Python's with fractions. */
export const sdkTimeoutHeaders = ['x-stainless-timeout', 'x-stainless-read-timeout'] as const;

export interface ClientTime {
  /** Header text that was found sound; null without a deadline. */
  readonly remaining: string | null;
  /** When its client gives up on a response that has not begun, at the latest; null when it does not say. */
  readonly patienceMs: number | null;
  /** How long it waits at the least, which is less where its hint was cut; null when it does not say. */
  readonly leastMs: number | null;
}

/**
 * A malformed deadline is refused: whoever sends one relies on it, and to wait for longer than it meant is the mistake that it was to
 * prevent. The clients' own header is a hint that nobody wrote by hand: one that makes no sense says nothing.
 */
export function readClientTime(read: (name: string) => string | null): Result<ClientTime, Failure> {
  const remaining = read(remainingHeader);
  if (remaining !== null && !/^\d{1,10}$/.test(remaining)) {
    const message = `${remainingHeader} must be a whole number of milliseconds, as in "1500".`;
    return err({ kind: 'invalid', message, param: remainingHeader });
  }
  const [cut, exact] = sdkTimeoutHeaders.map((name) => secondsOf(read(name)));
  const patienceMs = patienceOf(cut ?? null, exact ?? null);
  const isCut = (cut ?? null) !== null;
  const leastMs = patienceMs !== null && isCut ? patienceMs - cutMs : patienceMs;
  return ok({ remaining, patienceMs, leastMs });
}

/** A second that is cut stands for anything up to the next one. */
const cutMs = 1_000;
/** However little patience a client has: the first moments tell most failures, which can be a status only before a stream begins. */
const beginMsMin = 250;
/** So long before its client gives up an answer in one piece is given up here: a client that is told why must still be there. */
const tellMs = 250;

/** The parts of a request's limits that its client's time bounds. */
interface Bounded {
  readonly totalMs: number;
  readonly graceMs: number;
  readonly keepAliveMs: number;
}

/**
 * Limits within the client's time; never longer than `limits`. For an answer in one piece the clients' hint is a deadline.
 * A stream's client gives up on silence alone: its stream begins, and shows that it lives, well before that, and takes its time.
 */
export function withinClientTime<L extends Bounded>(
  limits: L,
  { remaining, patienceMs, leastMs }: ClientTime,
  stream: boolean,
): L {
  const totalMs = remaining === null ? limits.totalMs : deadlineFromHeader(remaining, 0, limits.totalMs);
  if (patienceMs === null || leastMs === null) return { ...limits, totalMs };
  if (!stream) return { ...limits, totalMs: Math.min(totalMs, Math.max(leastMs - tellMs, beginMsMin)) };
  // Half of what the client may have meant at the least.
  const silenceMs = Math.max(beginMsMin, Math.floor((patienceMs - cutMs) / 2));
  return {
    ...limits,
    totalMs,
    graceMs: Math.min(limits.graceMs, silenceMs),
    keepAliveMs: Math.min(limits.keepAliveMs, silenceMs),
  };
}

/**
 * What is left of a client's time, `elapsedMs` after its request came, for work that goes on without it; null when it has not said. `hint`:
 * whether the clients' own header bounds it as well, because nobody would ever see what comes later. Zero or less: it has given up.
 */
export function leftOfClientTime(
  { remaining, patienceMs }: ClientTime,
  { elapsedMs, hint }: { readonly elapsedMs: number; readonly hint: boolean },
): number | null {
  const order = remaining === null ? null : deadlineFromHeader(remaining, 0, Infinity);
  const bounds = [order, hint ? patienceMs : null].filter((ms) => ms !== null);
  return bounds.length === 0 ? null : Math.min(...bounds) - elapsedMs;
}

function secondsOf(header: string | null): number | null {
  return header !== null && /^\d{1,7}(?:\.\d{1,6})?$/.test(header) ? Number(header) : null;
}

function patienceOf(cut: number | null, exact: number | null): number | null {
  if (cut !== null) return Math.floor(cut) * 1_000 + cutMs;
  // No client waits for no time at all.
  return exact === null || exact === 0 ? null : Math.ceil(exact * 1_000);
}
