// What one run may use: steps, tokens, money, time. Each has a default and a ceiling; a child gets what its parent has left. Pure.

export interface RunBudget {
  readonly steps: number;
  /** Prompt and completion together, as the models count them. */
  readonly tokens: number;
  /** GPU time at the pools' prices, in micro-dollars. */
  readonly micros: number;
  /** From the run's creation to its end, waiting included. */
  readonly totalMs: number;
  /** Functions calling functions: 1 = calls none. */
  readonly depth: number;
}

/** Enough for a reasoning loop of ten rounds; beyond it a loop is more likely than a plan. */
const byDefault: RunBudget = {
  steps: 32,
  tokens: 100_000,
  micros: 1_000_000,
  totalMs: 5 * 60_000,
  depth: 4,
};

/** What an author may ask for at most: a journal of this many steps still replays within a second. */
const ceiling: RunBudget = {
  steps: 1_000,
  tokens: 10_000_000,
  micros: 100_000_000,
  totalMs: 60 * 60_000,
  depth: 4,
};

export type BudgetName = keyof RunBudget;

export interface Spent {
  readonly steps: number;
  readonly tokens: number;
  readonly micros: number;
}

export const NOTHING_SPENT: Spent = { steps: 0, tokens: 0, micros: 0 };

/** The author's wishes over the defaults, under the ceilings, whole; what is not a positive number is as if it were not there. */
export function makeBudget(wished: Partial<RunBudget>): RunBudget {
  const pick = (name: BudgetName): number => {
    const wish = wished[name];
    const usable = wish !== undefined && Number.isFinite(wish) && wish > 0;
    return Math.min(ceiling[name], usable ? Math.max(1, Math.floor(wish)) : byDefault[name]);
  };
  return {
    steps: pick('steps'),
    tokens: pick('tokens'),
    micros: pick('micros'),
    totalMs: pick('totalMs'),
    depth: pick('depth'),
  };
}

/** The same with no more time than its caller has left; null = it has not said. */
export function withinTime(budget: RunBudget, leftMs: number | null): RunBudget {
  if (leftMs === null) return budget;
  return { ...budget, totalMs: Math.max(1, Math.min(budget.totalMs, Math.floor(leftMs))) };
}

/** What a child may use: what is left of its parent's, and no more than its own author wants. */
export function budgetForChild(own: RunBudget, parent: RunBudget, spent: Spent, leftMs: number): RunBudget {
  return {
    steps: Math.min(own.steps, Math.max(0, parent.steps - spent.steps)),
    tokens: Math.min(own.tokens, Math.max(0, parent.tokens - spent.tokens)),
    micros: Math.min(own.micros, Math.max(0, parent.micros - spent.micros)),
    totalMs: Math.min(own.totalMs, Math.max(0, leftMs)),
    depth: Math.min(own.depth, parent.depth - 1),
  };
}

/** The first part of the budget that leaves no room for one step more; null when there is room. */
export function findUsedUp(budget: RunBudget, spent: Spent): BudgetName | null {
  if (spent.steps >= budget.steps) return 'steps';
  if (spent.tokens >= budget.tokens) return 'tokens';
  if (spent.micros >= budget.micros) return 'micros';
  return null;
}

export function addSpent(a: Spent, b: Spent): Spent {
  return { steps: a.steps + b.steps, tokens: a.tokens + b.tokens, micros: a.micros + b.micros };
}
