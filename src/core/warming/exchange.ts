// What warmth is worth: all costs in GPU-seconds, one second of a hot replica being the unit, so that prices, waiting and times can be
// compared. Owns the thresholds that follow from them. Pure.

/** What a plan for one pool counts on. */
export interface WarmthFigures {
  /** What a start takes until the replica serves. */
  readonly loadSeconds: number;
  /** What a wake from parked takes; null when this pool does not park. */
  readonly wakeSeconds: number | null;
  /** Price of a parked second as a share of a hot one. */
  readonly parkedShare: number;
  /** GPU-seconds that one second of a user's cold waiting is worth. */
  readonly gamma: number;
  /** Replicas that are kept hot whatever the traffic; 0 without. */
  readonly floor?: number;
  /** Money per GPU-second, where pools of different prices are added up; 1 without. */
  readonly price?: number;
}

/** Beyond this, waiting is worth more than any GPU: further figures would only lose digits. */
export const gammaMax = 1_000_000;

/** The exchange rate from two prices per second in the same money. A GPU that costs nothing is kept for any waiting at all. */
export function gammaOf(waitCostPerSecond: number, hotPricePerSecond: number): number {
  if (hotPricePerSecond <= 0) return waitCostPerSecond > 0 ? gammaMax : 0;
  return Math.min(gammaMax, waitCostPerSecond / hotPricePerSecond);
}

/** What a level costs when it is put away too early, in GPU-seconds per second of keeping it. */
export interface BuyCosts {
  /** Keeping hot pays while the chance per second of a use is above 1 / hotSeconds. */
  readonly hotSeconds: number;
  /** Keeping parked pays above 1 / parkedSeconds; 0 without parking. */
  readonly parkedSeconds: number;
}

/**
 * Break-even times. Without parking: a cold start costs the load and the waiting for it, L (1 + gamma), and keeping hot costs 1 a
 * second. With parking the levels compete pairwise, which is the lower envelope of the three lines cost(t) of hot, parked and gone
 * (Irani, Shukla, Gupta 2003): hot instead of parked costs 1 - p a second more and saves a wake, W (1 + gamma); parked instead of
 * gone costs p a second and saves (L - W) (1 + gamma).
 */
export function buyCosts(figures: WarmthFigures): BuyCosts {
  const { loadSeconds, wakeSeconds, parkedShare, gamma } = figures;
  if (!isParkingWorthwhile(figures) || wakeSeconds === null)
    return { hotSeconds: loadSeconds * (1 + gamma), parkedSeconds: 0 };
  return {
    hotSeconds: (wakeSeconds * (1 + gamma)) / (1 - parkedShare),
    parkedSeconds: Math.min(farSeconds, ((loadSeconds - wakeSeconds) * (1 + gamma)) / parkedShare),
  };
}

/** Ten years: "never" for a parked second that costs nothing. */
const farSeconds = 315_360_000;

/**
 * A parked replica must be so much cheaper than a hot one, and back so much sooner than a new one, that its line is part of the envelope:
 * that hot ends to pay before parked does, W / (1 - p) < (L - W) / p, which is W < (1 - p) L.
 */
export function isParkingWorthwhile({ loadSeconds, wakeSeconds, parkedShare }: WarmthFigures): boolean {
  return wakeSeconds !== null && wakeSeconds < (1 - parkedShare) * loadSeconds;
}

/**
 * How far above the break-even a chance must be before a replica is started ahead of demand: what is begun costs its load even when the
 * forecast takes itself back a minute later, which weighs the more the less waiting is worth. Fitted on ten days of a public trace
 * (docs/warming.md); falls with gamma, so that a higher price of waiting never warms less.
 */
export function prewarmFactor(gamma: number): number {
  return 1.3 + 40 / Math.max(gamma, 1e-3);
}
