// What the admin API and the dashboard show of the planner's mind: the plan of a pool and why, the forecast beside what came, and what
// it saved. Owns the shapes alone.
import type { TrackPoint } from '../demand/forecast-track.ts';
import type { LevelExplanation } from './explain-plan.ts';
import type { PoolView } from '../pool/pool-view.ts';
import type { WarmthPlan } from './pool-plan.ts';

/** Who decides for a pool now: the forecast, ski-rental because the guard's account is empty or the forecast broken, or fixed windows. */
export type DecidedBy = 'forecast' | 'guard' | 'broken' | 'windows';

export interface ForecastView {
  readonly horizonMs: number;
  readonly meanCount: number;
  readonly lowCount: number;
  readonly midCount: number;
  readonly highCount: number;
  readonly anyChance: number;
}

/** This week's bill beside that of the best fixed keep-alive, chosen afterwards; money in micro-dollars, waiting included. */
export interface RegretView {
  readonly sinceMs: number;
  readonly paidMicros: number;
  readonly bestKeepAliveSeconds: number;
  readonly bestFixedMicros: number;
  /** Positive: what was saved against it. */
  readonly savedMicros: number;
  /** Requests that waited for a load: those that did, and those that would have under the best fixed keep-alive. */
  readonly coldsSuffered: number;
  readonly coldsOfBestFixed: number;
  /** Replicas made ready ahead of demand that somebody used, and that nobody did. */
  readonly prewarmsUseful: number;
  readonly prewarmsWasted: number;
}

export interface GuardView {
  readonly isTrusting: boolean;
  readonly trips: number;
  readonly balanceMicros: number;
  readonly paidMicros: number;
  readonly skiRentalMicros: number;
}

/** What a replica costs and how long it takes, and how that is known. Micro-dollars a second; loading is paid as hot is, in every place. */
export interface EconomicsView {
  readonly hotMicrosPerSecond: number;
  readonly parkedMicrosPerSecond: number;
  readonly loadingMicrosPerSecond: number;
  /** `the model file`, or a published table with its day. */
  readonly priceFrom: string;
  /** `measured`, or where the guess is from. */
  readonly loadFrom: string;
  readonly wakeFrom: string;
  /** Containers that the place is told to hold for bursts, replicas included, and what such ones have cost at most. */
  readonly burstTo: number;
  readonly burstMicros: number;
}

/** One pool as the planner sees it. */
export interface WarmthView {
  readonly pool: string;
  readonly by: DecidedBy;
  readonly plan: WarmthPlan | null;
  readonly figures: {
    readonly loadSeconds: number;
    readonly wakeSeconds: number | null;
    readonly parkedShare: number;
    readonly gamma: number;
    readonly floor: number;
  };
  readonly economics: EconomicsView;
  /** The levels next to the present load, why each is kept or not. */
  readonly levels: readonly LevelExplanation[];
  /** Levels that were worth keeping and that the GPU budget cut. */
  readonly cut: number;
  readonly forecast: readonly ForecastView[];
  readonly track: readonly TrackPoint[];
  readonly regret: RegretView;
}

/** The planner as a whole: `GET /admin/v1/warmth`. */
export interface PlannerView {
  readonly nowMs: number;
  readonly tickMs: number;
  readonly ticks: number;
  readonly guard: GuardView;
  readonly gpuBudget: number | null;
  readonly regret: RegretView;
}

/** `GET /admin/v1/pools/{pool}`; null for the part whose object did not answer in time. */
export interface PoolReply {
  readonly nowMs: number;
  readonly pool: PoolView | null;
  readonly warmth: WarmthView | null;
}
