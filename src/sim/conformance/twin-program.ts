// The twin of a running deployment in virtual time: its pools, their tellers and its planner, all of it the code of production. It is told
// what came to the pools from outside (who asked for a slot and for how long it was held, when the cron called) and how long each command
// takes; plans and commands are its own. What it decides must be what the real program decided. Owns time and visitors; deterministic.
import { must } from '../../core/base/assert.ts';
import type { Grant } from '../../core/pool/pool-events.ts';
import type { PoolSettings } from '../../core/pool/pool-settings.ts';
import type { PlannerBrain } from '../../core/warming/planner-brain.ts';
import type { PlannerPorts } from '../../hosts/planner-host.ts';
import type { Warmth } from '../../hosts/ports.ts';
import type { CommandTimes } from './command-times.ts';
import type { GivenCommand } from './pool-command.ts';
import type { Renewal, Visit } from './pool-inputs.ts';
import { TwinPlanner } from './twin-planner.ts';
import { TwinPool, type Answer, type TwinPoolWorld } from './twin-pool.ts';
import { VirtualTime } from './virtual-time.ts';

export interface TwinOptions {
  readonly pools: readonly PoolSettings[];
  readonly brain: PlannerBrain;
  readonly visits: readonly Visit[];
  readonly renewals: readonly Renewal[];
  /** The cron's calls of the planner, in order. */
  readonly ticks: readonly TwinTick[];
  readonly times: CommandTimes;
  /** One way between two objects. */
  readonly hopMs: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Hears what happens to each pool, as a record does. */
  readonly note?: TwinPoolWorld['note'];
}

export interface TwinTick {
  /** The time that the cron named, and when the planner began to ask the pools. */
  readonly nowMs: number;
  readonly atMs: number;
}

export interface TwinServed {
  readonly warmth: Warmth;
  readonly waitMs: number;
}

export interface TwinResult {
  readonly commands: readonly GivenCommand[];
  /** By waiter; whoever was refused, or waited at the end, is missing. */
  readonly served: ReadonlyMap<string, TwinServed>;
}

export async function runTwin(options: TwinOptions): Promise<TwinResult> {
  const twin = new Twin(options);
  return twin.run();
}

class Twin {
  readonly #options: TwinOptions;
  readonly #time: VirtualTime;
  readonly #planner: TwinPlanner;
  readonly #pools: ReadonlyMap<string, TwinPool>;
  readonly #visits: ReadonlyMap<string, Visit>;
  readonly #grants = new Map<string, Grant>();
  readonly #served = new Map<string, TwinServed>();

  constructor(options: TwinOptions) {
    const { brain, times, hopMs, note } = options;
    this.#options = options;
    this.#time = new VirtualTime(options.startMs);
    this.#planner = new TwinPlanner(brain);
    this.#visits = new Map(options.visits.map((visit) => [visit.waiterId, visit]));
    const world = {
      time: this.#time,
      times,
      hopMs,
      hear: (...told: Parameters<TwinPlanner['hear']>) => this.#planner.hear(...told),
      answer: (waiterId: string, answer: Answer) => this.#answer(waiterId, answer),
      ...(note === undefined ? {} : { note }),
    };
    this.#pools = new Map(options.pools.map((settings) => [settings.pool, new TwinPool(settings, world)]));
  }

  async run(): Promise<TwinResult> {
    const { visits, renewals, ticks, endMs } = this.#options;
    for (const { nowMs, atMs } of ticks)
      this.#time.at(atMs, () => void this.#planner.planAll(nowMs, this.#plannerPorts()));
    for (const visit of visits) this.#time.at(visit.askedMs, () => this.#arrive(visit));
    for (const renewal of renewals) this.#time.at(renewal.atMs, () => this.#renew(renewal));
    await this.#time.run(endMs);
    const commands = [...this.#pools.values()].flatMap((pool) => pool.commands);
    return { commands: commands.toSorted((a, b) => a.askedMs - b.askedMs), served: this.#served };
  }

  #arrive({ pool, waiterId: id, tenant, deadlineMs, cancelMs }: Visit): void {
    const { host } = this.#pool(pool);
    host.handle({ kind: 'acquire', waiter: { id, tenant, deadlineMs } });
    if (cancelMs !== null) this.#time.after(cancelMs, () => host.handle({ kind: 'cancel', waiterId: id }));
  }

  /** The slot is held for as long as it was there. */
  #answer(waiterId: string, answer: Answer): void {
    const visit = this.#visits.get(waiterId);
    if (!answer.ok || visit === undefined) return;
    const { leaseId, warmth } = answer.value;
    this.#grants.set(waiterId, answer.value);
    this.#served.set(waiterId, { warmth, waitMs: this.#time.nowMs - visit.askedMs });
    const { holdMs, outcome, pool } = visit;
    if (holdMs === null) return;
    this.#time.after(holdMs, () => this.#pool(pool).host.handle({ kind: 'release', leaseId, outcome }));
  }

  #renew({ pool, waiterIds, reused, tenants }: Renewal): void {
    const leaseIds = waiterIds.flatMap((id) => this.#grants.get(id)?.leaseId ?? []);
    this.#pool(pool).host.handle({ kind: 'beat', leaseIds, reused, tenants });
  }

  #plannerPorts(): PlannerPorts {
    const { hopMs } = this.#options;
    const call = async <T>(pool: string, act: (pool: TwinPool) => T): Promise<T> => {
      await this.#time.sleep(hopMs);
      const value = act(this.#pool(pool));
      await this.#time.sleep(hopMs);
      return value;
    };
    return {
      report: (pool, sinceSeq) => call(pool, ({ host }) => host.report(sinceSeq)),
      plan: (pool, plan) => call(pool, ({ host }) => host.handle({ kind: 'plan', plan })),
    };
  }

  #pool(name: string): TwinPool {
    return must(this.#pools.get(name), 'a pool of the deployment');
  }
}
