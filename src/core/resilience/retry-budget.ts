// One allowance for everything that is sent to a model beyond the first attempt of an admitted request: retries, fallbacks, hedges, at
// whatever layer. Owns the bound; when one is worth making is decided elsewhere. Plain data, pure.
//
// R1  in every window of ten seconds with at least 200 admitted requests, extras <= 9 % of them, wherever the window begins
// R2  in every such window with fewer, extras <= 18: one client that meets one fault after another is helped each time
// R3  the same for hedges alone, with half of each figure
// R4  what is not the outermost layer of a request gets none
//
// What circuits bound, probes and calls that were under way when their pool was left out, is let go on beside it when nothing is left: see
// `isSpared` in attempt-plan.ts.
//
// An allowance that only looks back over the last ten seconds would let a failure at the end of busy seconds spend all of it on a quiet
// window to come; so an extra is granted only when the bound holds from every moment of the last ten seconds until now.

export type ExtraKind = 'retry' | 'fallback' | 'hedge';

/** What happened in one tenth of a second. */
interface Slice {
  readonly at: number;
  readonly admitted: number;
  readonly extras: number;
  readonly hedges: number;
}

export interface RetryBudget {
  /** The slices of the last ten seconds in which something happened, the newest last. */
  readonly slices: readonly Slice[];
}

export const noBudget: RetryBudget = { slices: [] };

/** The promise is a tenth; what is counted at the model servers is shifted by the time that requests wait. */
const share = 0.09;
const burstMax = 18;
const sliceMs = 100;
export const windowMs = 10_000;
const slicesMax = windowMs / sliceMs + 1;
/** Hedges get half: a slow moment must leave something for what fails. */
const hedgeShare = 0.5;

/** A request begins: the first attempt of something that a client asked for. */
export function noteAdmitted(budget: RetryBudget, nowMs: number): RetryBudget {
  return add(budget, nowMs, { admitted: 1, extras: 0, hedges: 0 });
}

export interface ExtraAsk {
  readonly kind: ExtraKind;
  /** Whether no layer above would try the same again: of a run's step, the run; of a request within a function, the function. */
  readonly outermost: boolean;
  /** Others that must be possible behind it: what is less worth making leaves the last of the allowance alone; 0 when left out. */
  readonly kept?: number;
}

/** May one more attempt be made? Granted ones are counted at once; one that is then not made is lost. */
export function decideExtra(
  budget: RetryBudget,
  { kind, outermost, kept = 0 }: ExtraAsk,
  nowMs: number,
): { readonly budget: RetryBudget; readonly granted: boolean } {
  const isHedge = kind === 'hedge';
  const isGranted = outermost && fits(budget, nowMs, 1 + kept) && (!isHedge || fitsHedge(budget, nowMs));
  if (!isGranted) return { budget, granted: false };
  return {
    budget: add(budget, nowMs, { admitted: 0, extras: 1, hedges: isHedge ? 1 : 0 }),
    granted: true,
  };
}

/** How much of the allowance is left, 1 = all, 0 = none: hedges stop at half. */
export function budgetLeft(budget: RetryBudget, nowMs: number): number {
  let used = 0;
  for (const { extras, admitted } of sumsBack(budget, nowMs)) {
    if (extras > 0) used = Math.max(used, extras / Math.max(burstMax, share * admitted));
  }
  return Math.max(0, 1 - used);
}

function fits(budget: RetryBudget, nowMs: number, more: number): boolean {
  return sumsBack(budget, nowMs).every(
    ({ extras, admitted }) => extras + more <= Math.max(burstMax, share * admitted),
  );
}

function fitsHedge(budget: RetryBudget, nowMs: number): boolean {
  const burst = hedgeShare * burstMax;
  return sumsBack(budget, nowMs).every(
    ({ hedges, admitted }) => hedges + 1 <= Math.max(burst, hedgeShare * share * admitted),
  );
}

/**
 * For each moment of the last ten seconds at which a window may begin, what it would hold by now. One that begins within a slice holds
 * all of its extras, for certain, and none of its admissions, for certain.
 */
function sumsBack(budget: RetryBudget, nowMs: number): Slice[] {
  const slices = slicesOf(budget, nowMs);
  const sums: Slice[] = [];
  let [admitted, extras, hedges] = [0, 0, 0];
  for (let index = slices.length - 1; index >= 0; index -= 1) {
    const slice = slices[index];
    if (slice === undefined) break;
    extras += slice.extras;
    hedges += slice.hedges;
    sums.push({ at: slice.at, admitted, extras, hedges });
    admitted += slice.admitted;
  }
  // An extra is one more even when nothing has happened yet.
  return sums.length === 0 ? [{ at: 0, admitted: 0, extras: 0, hedges: 0 }] : sums;
}

function slicesOf({ slices }: RetryBudget, nowMs: number): readonly Slice[] {
  const oldest = sliceAt(nowMs, slices) - slicesMax + 1;
  return slices.filter(({ at }) => at >= oldest);
}

/** A clock that goes back counts on in the newest slice. */
function sliceAt(nowMs: number, slices: readonly Slice[]): number {
  return Math.max(Math.floor(nowMs / sliceMs), slices.at(-1)?.at ?? 0);
}

function add(budget: RetryBudget, nowMs: number, more: Omit<Slice, 'at'>): RetryBudget {
  const at = sliceAt(nowMs, budget.slices);
  const last = budget.slices.at(-1);
  if (last?.at !== at) return { slices: [...slicesOf(budget, nowMs), { at, ...more }] };
  const joined: Slice = {
    at,
    admitted: last.admitted + more.admitted,
    extras: last.extras + more.extras,
    hedges: last.hedges + more.hedges,
  };
  return { slices: [...budget.slices.slice(0, -1), joined] };
}
