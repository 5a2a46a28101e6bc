// A second set of books, kept only from the rows that were written: what each replica's life was, compared with what the pool says;
// and whether idle replicas were put away within the bounds of floor, windows and plan.
import type { PoolSettings } from '../core/pool/pool-settings.ts';
import type { PoolLedger, Replica } from '../core/pool/pool-state.ts';
import { brokenAfterMs } from '../core/pool/replace-broken.ts';
import type { WarmthPlan } from '../core/warming/pool-plan.ts';
import type { PoolWrite } from '../hosts/pool-host.ts';

export class PoolLedgerChecker {
  readonly #bornMs = new Map<string, number>();
  #lifetimeMs = 0;
  #gone = 0;
  #doubled: string[] = [];
  /** Since when each replica has been ahead of demand and unused; what those cost that nobody used in the end. */
  readonly #aheadSinceMs = new Map<string, number>();
  #wastedMs = 0;
  #wasted = 0;
  #useful = 0;
  /** Of those that are ahead, which were brought up for runs; how those ended. */
  readonly #forRun = new Set<string>();
  readonly #prewarms = { useful: 0, wasted: 0 };

  observe(change: PoolWrite, nowMs: number): void {
    for (const replica of change.put) this.#observeRow(replica, nowMs);
    for (const id of change.drop) {
      const bornMs = this.#bornMs.get(id);
      if (bornMs === undefined) continue;
      this.#lifetimeMs += nowMs - bornMs;
      this.#gone += 1;
      if (this.#forRun.delete(id)) this.#prewarms.wasted += 1;
      const sinceMs = this.#aheadSinceMs.get(id);
      if (sinceMs === undefined) continue;
      this.#aheadSinceMs.delete(id);
      this.#wastedMs += nowMs - sinceMs;
      this.#wasted += 1;
    }
  }

  /** Differences between these books and the pool's; empty when every second was charged once. */
  compare(ledger: PoolLedger): readonly string[] {
    const { busyMs, idleMs, loadingMs, parkedMs } = ledger.past.life;
    const charged = busyMs + idleMs + loadingMs + parkedMs;
    const broken = [...this.#doubled];
    if (charged !== this.#lifetimeMs) broken.push(`charged ${charged} ms of ${this.#lifetimeMs} ms lived`);
    if (ledger.past.replicas !== this.#gone)
      broken.push(`${ledger.past.replicas} lives on the books, ${this.#gone} seen`);
    const { hotMs, parkedMs: heldMs, useful, wasted } = ledger.speculation;
    if (hotMs + heldMs !== this.#wastedMs)
      broken.push(`speculated ${hotMs + heldMs} ms, ${this.#wastedMs} ms seen`);
    if (useful !== this.#useful || wasted !== this.#wasted)
      broken.push(`${useful} useful and ${wasted} wasted, seen ${this.#useful} and ${this.#wasted}`);
    const { prewarms } = ledger;
    if (prewarms.useful !== this.#prewarms.useful || prewarms.wasted !== this.#prewarms.wasted)
      broken.push(`prewarms ${JSON.stringify(prewarms)}, seen ${JSON.stringify(this.#prewarms)}`);
    return broken;
  }

  #observeRow(replica: Replica, nowMs: number): void {
    this.#observeAhead(replica, nowMs);
    this.#observeForRun(replica);
    const bornMs = this.#bornMs.get(replica.id);
    if (bornMs === undefined) this.#bornMs.set(replica.id, replica.createdMs);
    else if (bornMs !== replica.createdMs) this.#doubled.push(`double life: ${replica.id}`);
  }

  #observeForRun({ id, ahead, forRun }: Replica): void {
    if (forRun) this.#forRun.add(id);
    else if (this.#forRun.delete(id)) this.#prewarms[ahead ? 'wasted' : 'useful'] += 1;
  }

  #observeAhead({ id, ahead, leases }: Replica, nowMs: number): void {
    if (ahead && !this.#aheadSinceMs.has(id)) this.#aheadSinceMs.set(id, nowMs);
    if (ahead || !this.#aheadSinceMs.delete(id)) return;
    this.#useful += 1;
    if (leases.length === 0) this.#doubled.push(`used without a lease: ${id}`);
  }
}

export type DrawnPlan = Omit<WarmthPlan, 'untilMs' | 'because' | 'terms'>;

/** Watches each replica that the pool puts away: not below the floor, not before its shortest window. */
export class PoolWarmthChecker {
  readonly broken: string[] = [];
  settings: PoolSettings;
  /** Plans by their number, as they were meant. */
  readonly #plans = new Map<string, WarmthPlan>();
  readonly #idleSinceMs = new Map<string, number>();
  #inForce: WarmthPlan | null = null;
  /** Since when replicas have been left out, as of the last write. */
  #openedMs: ReadonlyMap<string, number> = new Map();

  constructor(settings: PoolSettings) {
    this.settings = settings;
  }

  /** Notes a plan and gives it the number by which it is known again once it is written. */
  told(drawn: DrawnPlan, untilMs: number): WarmthPlan {
    const because = `plan ${this.#plans.size + 1}`;
    const plan = { ...drawn, untilMs, because, terms: [] };
    this.#plans.set(because, plan);
    return plan;
  }

  /** `rows` are those from before the write. */
  observe(change: PoolWrite, rows: ReadonlyMap<string, Replica>, nowMs: number): void {
    if (change.ledger !== null) this.#inForce = this.#plans.get(change.ledger.plan?.because ?? '') ?? null;
    const after = new Map(rows);
    for (const replica of change.put) after.set(replica.id, replica);
    for (const id of change.drop) after.delete(id);
    const hot = [...after.values()].filter(({ phase }) => phase === 'hot').length;
    for (const replica of change.put) {
      if (isPutAway(rows.get(replica.id), replica) && !this.#isBroken(replica.id, nowMs))
        this.#judge(replica, hot, nowMs);
      this.#noteIdle(replica, nowMs);
    }
    const circuits = Object.values(change.ledger?.health?.replicas ?? {}).map(({ circuit }) => circuit);
    if (change.ledger !== null) this.#openedMs = new Map(circuits.map(({ id, openedMs }) => [id, openedMs]));
  }

  /** One that fails for a minute is replaced, whatever its window. */
  #isBroken(id: string, nowMs: number): boolean {
    const openedMs = this.#openedMs.get(id) ?? 0;
    return openedMs > 0 && nowMs - openedMs >= brokenAfterMs;
  }

  #judge(replica: Replica, hotLeft: number, nowMs: number): void {
    const { floor, replicasMax, hotIdleMs } = this.settings;
    if (hotLeft < Math.min(floor, replicasMax)) this.broken.push(`below the floor: ${replica.id}`);
    const plan = this.#inForce !== null && this.#inForce.untilMs > nowMs ? this.#inForce : null;
    const idleMs = nowMs - (this.#idleSinceMs.get(replica.id) ?? nowMs);
    if (idleMs < (plan?.hotMinMs ?? hotIdleMs))
      this.broken.push(`put away after ${idleMs} ms: ${replica.id}`);
  }

  #noteIdle({ id, phase, leases }: Replica, nowMs: number): void {
    if (phase !== 'hot' || leases.length > 0) this.#idleSinceMs.delete(id);
    else if (!this.#idleSinceMs.has(id)) this.#idleSinceMs.set(id, nowMs);
  }
}

/** One that died, or that its backend drained or parked, was not put away. */
function isPutAway(before: Replica | undefined, after: Replica): boolean {
  if (before?.phase !== 'hot' || before.leases.length > 0) return false;
  return after.phase === 'parking' || (after.phase === 'stopping' && !after.dead && !after.wasParked);
}
