// Everything that a request's route may depend on, as plain data: the host fills it in from the request, the key and what its isolate
// knows of the pools. Pure types.
import type { Catalogue, ModelVersion } from '../registry/model.ts';
import type { CompiledRules } from './compile-rules.ts';
import type { AliasScope } from './resolve-model.ts';
import type { WarmthFact } from './rule-set.ts';

/** What this isolate believes of one version's pool. Null: not known. */
export interface TargetView {
  /** Of its warmest replica. */
  readonly warmth: WarmthFact | null;
  /** How long a request that comes now would wait for its slot. */
  readonly predictedWaitMs: number | null;
  readonly firstTokenMsP50: number | null;
  readonly firstTokenMsP95: number | null;
  /** By now: it may be another one when it is read again. */
  readonly inFlight: number;
  readonly slots: number;
  /** The last of them, which whoever has a choice leaves to those who have none; none when left out. */
  readonly keptSlots?: number;
  /** In a unit that is the same for all: `MixedPrice` where the catalogue says it. */
  readonly price: number | null;
  /** Tokens that a prompt may have. */
  readonly contextTokens: number | null;
  readonly tools: boolean | null;
  /** The breaker lets nobody through; false again as soon as a probe may be made. */
  readonly open: boolean;
}

export interface RouteQuestion {
  readonly catalogue: Catalogue;
  readonly place: string;
  readonly task: ModelVersion['task'];
  /** As the client wrote it. */
  readonly model: string;
  /** Of the tenant, its keys' rules included. */
  readonly rules: CompiledRules;
  /** Defaults of the platform, behind the tenant's. */
  readonly platform: CompiledRules;
  readonly tenant: string;
  readonly keyId: string;
  /** Of the key. */
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Those of `pickRouteHeaders`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Two capitals. */
  readonly country: string | null;
  readonly region: string | null;
  /** Three capitals. */
  readonly colo: string | null;
  readonly promptTokens: number;
  readonly tools: boolean;
  readonly json: boolean;
  readonly stream: boolean;
  readonly session: string | null;
  readonly user: string | null;
  /** How the prompt begins: requests that share it are sent to one place. */
  readonly prefix: string | null;
  readonly budgetLeftMicros: number | null;
  readonly nowMs: number;
  /** 32 bits, new for each request: whatever is drawn follows from it. */
  readonly seed: number;
  /** By version id. A version that is not there is one of which nothing is known. */
  readonly views: ReadonlyMap<string, TargetView>;
}

/** A question with the names that its model has: as it was asked for, then what aliases make of it. */
export interface Facts {
  readonly question: RouteQuestion;
  readonly names: readonly string[];
  /** Null when no such model is served here. */
  readonly version: ModelVersion | null;
  readonly scope: AliasScope;
}
