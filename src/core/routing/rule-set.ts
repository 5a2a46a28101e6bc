// The rule language as it is written in a tenant's file or sent to the admin API: its types. What is accepted is in `rule.ts`; a rule in
// normal form is one more rule that may be written. Pure data.

/** How a text is compared. A plain string means equality; the object holds exactly one field. */
export type TextMatch =
  | string
  | {
      readonly equals?: string | undefined;
      readonly in?: readonly string[] | undefined;
      readonly prefix?: string | undefined;
      /** `*` stands for any characters, none included. */
      readonly glob?: string | undefined;
      /** Whether the fact is known at all. */
      readonly exists?: boolean | undefined;
    };

/** Both ends belong to it. */
export interface NumberRange {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export const warmths = ['hot', 'parked', 'cold'] as const;
export type WarmthFact = (typeof warmths)[number];

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** From `from` until before `to`, on `days`; a window that ends before it begins goes on into the next day. */
export interface TimeWindow {
  /** IANA name: `Europe/Berlin`. */
  readonly zone: string;
  readonly days?: readonly Weekday[] | undefined;
  /** `HH:MM`, from 00:00 to 24:00. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** All of its fields must hold; a fact that is not known meets nothing. `of` names a model, else it is the one that was asked for. */
export interface Condition {
  readonly model?: TextMatch | undefined;
  readonly task?: 'chat' | 'embedding' | undefined;
  readonly tenant?: TextMatch | undefined;
  readonly key?: TextMatch | undefined;
  readonly tools?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly stream?: boolean | undefined;
  readonly country?: TextMatch | undefined;
  readonly region?: TextMatch | undefined;
  readonly colo?: TextMatch | undefined;
  readonly promptTokens?: NumberRange | undefined;
  readonly budgetLeftMicros?: NumberRange | undefined;
  readonly labels?: Readonly<Record<string, TextMatch>> | undefined;
  readonly metadata?: Readonly<Record<string, TextMatch>> | undefined;
  readonly headers?: Readonly<Record<string, TextMatch>> | undefined;
  readonly warmth?: { readonly is: readonly WarmthFact[]; readonly of?: string | undefined } | undefined;
  readonly predictedWaitMs?: (NumberRange & { readonly of?: string | undefined }) | undefined;
  readonly time?: TimeWindow | undefined;
  readonly all?: readonly Condition[] | undefined;
  readonly any?: readonly Condition[] | undefined;
  readonly not?: Condition | undefined;
}

/** What is wrong with an attempt, as far as it decides where to go next. In the order in which lists of them are written. */
export const failureClasses = [
  'context-length',
  'content-filter',
  'tool-support',
  'capacity',
  'error',
  'timeout',
] as const;
export type FailureClass = (typeof failureClasses)[number];

export interface Parameters {
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly max_tokens?: number | undefined;
  readonly presence_penalty?: number | undefined;
  readonly frequency_penalty?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | undefined;
}

export interface Overrides {
  /** Set whatever the client asked for. */
  readonly parameters?: Parameters | undefined;
  /** Set where the client asked for nothing. */
  readonly defaults?: Parameters | undefined;
  readonly timeouts?:
    | {
        readonly firstTokenMs?: number | undefined;
        readonly idleMs?: number | undefined;
        readonly totalMs?: number | undefined;
      }
    | undefined;
  /** A plain string is put before the client's own. */
  readonly systemPrompt?:
    | string
    | { readonly prepend?: string | undefined; readonly replace?: string | undefined }
    | undefined;
}

/** A model by any name: an alias of this set, a name of the catalogue, or a version id. */
export type Target = string | { readonly model: string; readonly overrides?: Overrides | undefined };

export type Choosable =
  | string
  | {
      readonly model: string;
      readonly weight?: number | undefined;
      readonly overrides?: Overrides | undefined;
    };

export const choosers = [
  'weight',
  'least-loaded',
  'lowest-latency',
  'cheapest',
  'warmest',
  'session',
  'prefix',
] as const;
export type Chooser = (typeof choosers)[number];

export const stickies = ['key', 'user', 'session'] as const;
export type Sticky = (typeof stickies)[number];

export interface Choice {
  readonly by: Chooser;
  readonly from: readonly Choosable[];
  /** With `weight`: the same key, user or session gets the same target while it is there. */
  readonly sticky?: Sticky | undefined;
  /** Whether those that were not chosen are tried when the chosen one fails; they are, unless it says `never`. */
  readonly rest?: 'follow' | 'never' | undefined;
}

export type Fallback =
  | string
  | {
      readonly model: string;
      /** Which failures lead here; all when it is not there. */
      readonly on?: readonly FailureClass[] | undefined;
      readonly overrides?: Overrides | undefined;
    };

/** Answer from `to` when the preferred target would take longer than this, and wake that one meanwhile. */
export interface Spill {
  readonly to: Target | readonly Target[];
  readonly afterWaitMs: number;
}

export interface Rule {
  readonly id: string;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly match?: Condition | undefined;
  /** Goes on to the next rules, which add what this one does not say. */
  readonly continue?: boolean | undefined;
  readonly target?: Target | undefined;
  readonly choose?: Choice | undefined;
  readonly fallback?: readonly Fallback[] | undefined;
  readonly spill?: Spill | 'never' | undefined;
  readonly overrides?: Overrides | undefined;
  readonly deny?: { readonly reason: string } | undefined;
  /** A second replica is asked after this long without a first token. */
  readonly hedge?: { readonly after: 'p95' | number } | 'never' | undefined;
  /** A copy of this share of requests, whose answers nobody sees. */
  readonly shadow?: { readonly to: Target; readonly share: number } | 'never' | undefined;
  /** What a client gets when its stream dies: an error, or the rest from another replica under a boundary. */
  readonly midStream?: 'error' | 'continue' | undefined;
  /** The same request gets the same answer again for so long. */
  readonly cache?: { readonly ttlSeconds: number } | 'never' | undefined;
}

/** A set in full. A plain array of rules means a set with these rules and nothing else. */
export interface RuleSet {
  /** Names that this set gives to models or to other names. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly rules: readonly Rule[];
  /** Rules of single keys, by the key's id; they come before the others. */
  readonly keys: Readonly<Record<string, readonly Rule[]>>;
}

export const emptyRules: RuleSet = { aliases: {}, rules: [], keys: {} };
