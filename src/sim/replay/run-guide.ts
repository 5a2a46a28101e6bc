// Runs of functions as a policy of the simulator sees them: learns their graphs, follows each run, and says what it asks of which pool, by
// the same core/graph and the same table as the production pool's. Owns the coupling and nothing of the decisions.
import { expectDemand } from '../../core/graph/expect-demand.ts';
import { planExpected, type ExpectedReplicas } from '../../core/graph/expected-replicas.ts';
import { emptyGraph, learnRun, type FunctionGraph } from '../../core/graph/function-graph.ts';
import { emptyTable, expectRun, forgetVoid, noteArrival, type ExpectTable } from '../../core/pool/expect.ts';
import type { LoadQuantiles, PrewarmMode } from '../../core/graph/decide-prewarm.ts';
import type { RunVisit } from '../../core/graph/run-visits.ts';
import type { Fleet, RunNews } from './fleet-policy.ts';

export interface GuideOptions {
  readonly mode: PrewarmMode;
  readonly gamma: number;
  readonly loadMs: LoadQuantiles;
  readonly wakeMs: LoadQuantiles;
  readonly pools: readonly string[];
  readonly functions: readonly string[];
  /** What was learned from earlier runs. */
  readonly learned?: FunctionGraph;
}

/** What is there of a pool when the question is asked. */
export interface PoolPresence {
  readonly inUse: number;
  readonly present: number;
  readonly parked: number;
}

interface Follow {
  readonly name: string;
  readonly startedMs: number;
  /** By request, in order of their beginning. */
  readonly visits: Map<number, RunVisit>;
  /** Pools that were told to expect it. */
  expecting: ReadonlySet<number>;
}

export class RunGuide {
  readonly #options: GuideOptions;
  readonly #index: ReadonlyMap<string, number>;
  readonly #runs = new Map<number, Follow>();
  readonly #tables: ExpectTable[];
  readonly #uses = new Map<string, readonly string[]>();
  #graph: FunctionGraph;

  constructor(options: GuideOptions) {
    this.#options = options;
    this.#graph = options.learned ?? emptyGraph();
    this.#index = new Map(options.pools.map((name, at) => [name, at]));
    this.#tables = options.pools.map(() => emptyTable);
  }

  /** Takes in what a run does; gives the pools for which something has changed. */
  hear(news: RunNews, nowMs: number): readonly number[] {
    const name = this.#options.functions[news.function] ?? '';
    const run = this.#runs.get(news.run) ?? {
      name,
      startedMs: nowMs,
      visits: new Map(),
      expecting: new Set(),
    };
    this.#runs.set(news.run, run);
    if (news.kind === 'ends') return this.#end(news.run, run, nowMs);
    this.#note(run, news, nowMs);
    if (news.kind === 'asks') {
      const table = this.#tables[news.pool] ?? emptyTable;
      this.#tables[news.pool] = noteArrival(table, String(news.run), nowMs);
    }
    return this.#expect(news.run, run, nowMs);
  }

  #note({ visits }: Follow, { kind, request, pool }: RunNews, nowMs: number): void {
    const known = visits.get(request);
    if (kind === 'asks')
      visits.set(request, {
        pool: this.#options.pools[pool] ?? '',
        startedMs: nowMs,
        endedMs: null,
        coldMs: 0,
      });
    else if (known !== undefined && kind === 'hot')
      visits.set(request, { ...known, coldMs: nowMs - known.startedMs });
    else if (known !== undefined) visits.set(request, { ...known, endedMs: nowMs });
  }

  #end(id: number, { name, startedMs, visits, expecting }: Follow, nowMs: number): readonly number[] {
    this.#runs.delete(id);
    const ended = [...visits.values()].flatMap((visit) =>
      visit.endedMs === null ? [] : [{ ...visit, endedMs: visit.endedMs }],
    );
    this.#graph = learnRun(this.#graph, { function: name, startedMs, endedMs: nowMs, visits: ended }, nowMs);
    for (const pool of expecting) this.#tell(pool, id, nowMs, []);
    return [...expecting];
  }

  #expect(id: number, run: Follow, nowMs: number): readonly number[] {
    const progress = {
      function: run.name,
      startedMs: run.startedMs,
      nowMs,
      visits: [...run.visits.values()],
    };
    const found = new Map(
      expectDemand(this.#graph, progress, this.#usesOf(run.name)).map(
        (each) => [this.#index.get(each.pool) ?? -1, each] as const,
      ),
    );
    const changed = new Set([...run.expecting, ...found.keys()]);
    for (const pool of changed) {
      const expectation = found.get(pool);
      this.#tell(pool, id, nowMs, expectation === undefined ? [] : [expectation]);
    }
    run.expecting = new Set(found.keys());
    return [...changed];
  }

  /** Its stages' pools are what a function declares. */
  #usesOf(name: string): readonly string[] {
    const known = this.#uses.get(name);
    if (known !== undefined) return known;
    const uses = this.#options.pools.filter((pool) => pool.startsWith(`${name}/`));
    this.#uses.set(name, uses);
    return uses;
  }

  #tell(
    pool: number,
    id: number,
    nowMs: number,
    expectations: Parameters<typeof expectRun>[1]['expectations'],
  ): void {
    const table = this.#tables[pool];
    if (table === undefined) return;
    const graphMode = this.#options.mode;
    this.#tables[pool] = expectRun(
      table,
      { kind: 'expect', run: String(id), graphMode, expectations },
      nowMs,
    );
  }

  /** What was learned so far. */
  get graph(): FunctionGraph {
    return this.#graph;
  }

  /** Runs on their way to a pool. */
  runsTo(pool: number, nowMs: number): ExpectTable['runs'] {
    const table = forgetVoid(this.#tables[pool] ?? emptyTable, nowMs);
    this.#tables[pool] = table;
    return table.runs;
  }

  /** How many replicas of a pool they ask for, and when that changes by itself. */
  expected(pool: number, presence: PoolPresence, nowMs: number): ExpectedReplicas {
    const { mode, gamma, loadMs, wakeMs } = this.#options;
    const uses = this.runsTo(pool, nowMs);
    const planned = planExpected({ nowMs, mode, uses, slots: 1, ...presence, loadMs, wakeMs, gamma });
    const ends = uses.map(({ untilMs }) => untilMs);
    const nextMs = Math.min(planned.nextMs ?? Infinity, ...ends);
    return { ...planned, nextMs: nextMs === Infinity ? null : nextMs };
  }
}

/** Every replica has one slot: who waits for one of its own is in use as well. */
export function presenceOf(pool: number, fleet: Fleet): PoolPresence {
  const inUse = fleet.busy(pool);
  const coming = fleet.coming(pool) - fleet.preparking(pool);
  return { inUse, present: inUse + fleet.idle(pool) + coming, parked: fleet.parked(pool) };
}
