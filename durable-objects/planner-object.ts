// The environment's planner: hears of every change of load, answers with a plan, and once a minute lets its brain tick and plans for all.
// A thin shell: what it decides is src/core/warming, the order of a round src/hosts/planner-host.ts. What was learned of demand is
// written each minute, and an eviction in between costs what was heard since; what runs of functions teach (src/core/graph) is written at once.
import { DurableObject } from 'cloudflare:workers';
import { planRound } from '../src/hosts/planner-host.ts';
import { RecordedBrain, type PlannerRecording } from '../src/hosts/recorded-brain.ts';
import { viewPlanner, viewWarmth } from '../src/core/warming/view-warmth.ts';
import type { PlannerBrain } from '../src/core/warming/planner-brain.ts';
import type { WarmthPlan } from '../src/core/warming/pool-plan.ts';
import type { PlannerView, WarmthView } from '../src/core/warming/warmth-view.ts';
import { learnRun, sliceOf, type FunctionGraph, type RunTrace } from '../src/core/graph/function-graph.ts';
import type { DemandReport } from '../src/core/pool/demand-report.ts';
import type { Env } from '../src/env.ts';
import { openBrain, plannerPorts } from './planner-outside.ts';
import { PlannerStore } from './planner-store.ts';

/** Runs that are learned from in one call: more than end at one object in the moment that a call takes. */
const tracesMax = 64;

export class PlannerObject extends DurableObject<Env> {
  readonly #store: PlannerStore;
  readonly #brain: PlannerBrain;
  #graph: FunctionGraph;
  /** Pools that were heard while a round ran: what that round saw of them is out of date. */
  readonly #fresh = new Set<string>();
  /** The round that runs. */
  #round: Promise<readonly string[]> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new PlannerStore(ctx.storage);
    this.#brain = openBrain(env, this.#store.readBrain());
    this.#graph = this.#store.readGraph();
  }

  /** A pool has left rest, or its load has changed. Returns its plan as of now; null for a pool that is not configured. */
  hear(pool: string, report: DemandReport): WarmthPlan | null {
    this.#fresh.add(pool);
    this.#store.enlist(pool);
    this.#brain.hear(pool, report);
    return this.#brain.plan(pool, report.nowMs);
  }

  /** One round of planning; called by the cron. Returns the pools that were planned for. One that still runs is not begun again. */
  planAll(nowMs: number): Promise<readonly string[]> {
    this.#round ??= this.#planRound(nowMs).finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  async #planRound(nowMs: number): Promise<readonly string[]> {
    this.#fresh.clear();
    const round = await planRound(this.#brain, this.#store.readAwake(), nowMs, plannerPorts(this.env));
    for (const pool of round.planned) this.#store.enlist(pool);
    this.#store.dismiss(round.atRest.filter((pool) => !this.#fresh.has(pool)));
    // Each round: an object that nobody calls between two crons may be evicted each time, and would never come to a later one.
    this.#store.writeBrain(this.#brain.snapshot());
    return round.planned;
  }

  /** Runs of functions that have ended; what they teach is written at once. */
  learnRuns(traces: readonly RunTrace[]): void {
    const nowMs = Date.now();
    const before = this.#graph;
    this.#graph = traces.slice(0, tracesMax).reduce((graph, trace) => learnRun(graph, trace, nowMs), before);
    this.#store.writeGraph(before, this.#graph);
  }

  /** What was learned of one function, for whoever runs it; an empty graph when nothing was. */
  graphOf(name: string): FunctionGraph {
    return sliceOf(this.#graph, name);
  }

  /** How the planner sees one pool, and why; null for one that is not configured. */
  view(pool: string, nowMs: number): WarmthView | null {
    return viewWarmth(this.#brain, pool, nowMs);
  }

  /** The planner as a whole: its guard, its budget, and what it saved this week. */
  viewAll(nowMs: number): PlannerView {
    return viewPlanner(this.#brain, nowMs);
  }

  /** What the brain was told and answered, from note `from` on; null where nothing is recorded. */
  recording(from: number): PlannerRecording | null {
    return this.#brain instanceof RecordedBrain ? this.#brain.recording(from) : null;
  }
}
