// The routing rules of the scenarios: the one place where the rig writes the language of rules. With a protection taken away they say what
// a gateway without it would be told.

export interface Timeouts {
  readonly firstTokenMs?: number;
  readonly idleMs?: number;
  readonly totalMs?: number;
}

export interface ChainSpec {
  readonly model: string;
  readonly first: string;
  readonly fallbacks: readonly string[];
  readonly timeouts?: Timeouts;
  readonly midStream?: 'error' | 'continue';
  readonly hedge?: 'p95' | number;
}

function overridesOf(timeouts: Timeouts | undefined): object {
  return timeouts === undefined ? {} : { overrides: { timeouts } };
}

/** One target, and where its requests go when it fails. */
export function chain(spec: ChainSpec): object {
  const { model, first, fallbacks, timeouts, midStream, hedge } = spec;
  return {
    id: `chain-${model}`,
    match: { model },
    target: first,
    ...(fallbacks.length === 0 ? {} : { fallback: fallbacks }),
    ...overridesOf(timeouts),
    ...(midStream === undefined ? {} : { midStream }),
    ...(hedge === undefined ? {} : { hedge: { after: hedge } }),
  };
}

export interface SpreadSpec {
  readonly model: string;
  readonly targets: readonly string[];
  readonly by: 'weight' | 'least-loaded';
  /** Whether the targets that were not chosen are there for those that fail. */
  readonly isBackedUp: boolean;
  readonly timeouts?: Timeouts;
  readonly midStream?: 'error' | 'continue';
  readonly hedge?: 'p95' | number;
}

/** Several targets that share the requests. */
export function spread(spec: SpreadSpec): object {
  const { model, targets, by, isBackedUp, timeouts, midStream, hedge } = spec;
  return {
    id: `spread-${model}`,
    match: { model },
    choose: { by, from: targets, rest: isBackedUp ? 'follow' : 'never' },
    ...overridesOf(timeouts),
    ...(midStream === undefined ? {} : { midStream }),
    ...(hedge === undefined ? {} : { hedge: { after: hedge } }),
  };
}

/** A dedicated target, and another one while that is not there. */
export function spill({
  model,
  to,
  otherwise,
  afterWaitMs,
}: {
  model: string;
  to: string;
  otherwise: string | null;
  afterWaitMs: number;
}): object {
  return {
    id: `spill-${model}`,
    match: { model },
    target: to,
    spill: otherwise === null ? 'never' : { to: otherwise, afterWaitMs },
  };
}

/** Says only that; which target is asked is said by a rule behind it. */
export function forbidSpill(model: string): object {
  return { id: `own-only-${model}`, match: { model }, spill: 'never', continue: true };
}

/** The form that needs nothing but a name: what was there before rules could say more. */
export function plain(model: string, target: string): object {
  return { id: `plain-${model}`, match: { model }, target };
}
