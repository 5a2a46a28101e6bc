// Who may have how many GPUs now, under the budget of all pools together: reads what each pool holds and what its plan would keep, and
// lets `allocateBudget` decide. Owns the reading; without a budget everything is allowed. Pure.
import { allocateBudget, type BudgetClaim, type BudgetShare } from './allocate-budget.ts';
import type { BrainPoolState } from './brain-pool.ts';
import { buyCosts } from './exchange.ts';
import type { Warmer } from './warmer.ts';

export class GpuShares {
  readonly #pools: readonly BrainPoolState[];
  readonly #warmer: Warmer;
  readonly #gpus: number | null;
  #shares: readonly BudgetShare[] = [];
  #spare = Infinity;

  constructor(pools: readonly BrainPoolState[], warmer: Warmer, gpus: number | null) {
    this.#pools = pools;
    this.#warmer = warmer;
    this.#gpus = gpus;
    this.refresh();
  }

  /** Replicas of a pool that may be hot; Infinity without a budget. */
  most(at: number): number {
    return this.#shares[at]?.hot ?? Infinity;
  }

  /** Levels of a pool that were worth keeping and got no GPU. */
  cut(at: number): number {
    return this.#shares[at]?.cut.length ?? 0;
  }

  /** GPUs that nobody has a use for: what loads in order to be parked needs one as well. */
  get spare(): number {
    return this.#spare;
  }

  /** Shares out anew: something has changed that the shares depend on. */
  refresh(): void {
    if (this.#gpus === null) return;
    const claims = this.#pools.map((pool, at) => this.#claim(pool, at));
    this.#shares = allocateBudget(claims, this.#gpus);
    let used = 0;
    for (const { hot } of this.#shares) used += hot;
    for (const { report, issued } of this.#pools) used += (report?.preparking ?? 0) + issued.toPark;
    this.#spare = Math.max(0, this.#gpus - used);
  }

  #claim({ config, report, figures }: BrainPoolState, at: number): BudgetClaim {
    // Somebody else's GPUs: none of these are used.
    if (config.isFixed === true) return { pool: at, held: 0, worths: [] };
    const { model } = this.#warmer;
    const hot = report?.hot ?? 0;
    const busy = Math.max(model.busy(at), report?.busy ?? 0);
    // A window that was asked for is obeyed: what it keeps is not up for discussion.
    const asked = config.hotIdleMs === null ? 0 : hot;
    const held = Math.min(config.replicasMax, Math.max(busy, config.floor, asked));
    if (config.hotIdleMs !== null) return { pool: at, held, worths: [] };
    const { by, keepHot } = this.#warmer.plan(at);
    const wished = by === 'forecast' ? keepHot : hot;
    const length = Math.max(0, Math.min(config.replicasMax, wished) - held);
    const { hotSeconds } = buyCosts(figures);
    // Ski-rental knows no chances: what it keeps just pays for itself.
    const worthOf = (level: number): number => (by === 'forecast' ? model.hazard(at, level) * hotSeconds : 1);
    return { pool: at, held, worths: Array.from({ length }, (_, step) => worthOf(held + 1 + step)) };
  }
}
