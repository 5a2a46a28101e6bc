// What was learned of compound functions: after each event of a run (it begins; a use of a pool begins or ends), which uses of pools are
// still to come, how often, and how long after. Branches, loops and fan-outs are nothing special: each event stands for the path that
// leads to it. Owns the learning, its fading and its bounds; expect-demand.ts reads it. Plain data (a snapshot is the graph itself). Pure.
import { addDelay, emptySketch, scaleSketch, type DelaySketch } from './delay-sketch.ts';
import {
  coldBetween,
  eventsOf,
  nodesOf,
  occurrencesMax,
  type GraphNode,
  type RunVisit,
} from './run-visits.ts';

/** A run that has ended; `visits` are in order of their beginning and have all ended. */
export interface RunTrace {
  readonly function: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly visits: readonly {
    readonly pool: string;
    readonly startedMs: number;
    readonly endedMs: number;
    /** Waiting for a replica to become hot: the learned delays leave it out. */
    readonly coldMs: number;
  }[];
}

/** What came of one node after an anchor: seen later, after how long, or seen before it already. Weighted counts. */
export interface Sequel {
  readonly node: number;
  readonly later: number;
  readonly earlier: number;
  readonly delays: DelaySketch;
}

/** An event that runs pass, and what follows it. */
export interface Anchor {
  readonly count: number;
  readonly sequels: readonly Sequel[];
}

export interface LearnedFunction {
  readonly name: string;
  readonly learnedMs: number;
  /** What the last run counted: later ones count more, so that all before fades. */
  readonly weight: number;
  readonly nodes: readonly GraphNode[];
  /** 0: the run begins; 1 + 2i and 2 + 2i: a use at node i begins, ends. */
  readonly anchors: readonly Anchor[];
}

export interface FunctionGraph {
  readonly version: 1;
  readonly functions: readonly LearnedFunction[];
}

/** Functions that are remembered: more than a deployment has. The one learned from longest ago makes room. */
export const functionsMax = 64;
/** Nodes of one function; a rarer one makes room for a new one. At most some 100 KB a function, of which most have 5. */
export const nodesMax = 16;
/** A function is forgotten by half in a week, and in the course of some 200 runs: code changes. */
const halfLifeMs = 7 * 86_400_000;
const memoryRuns = 200;
/** Weights are brought back to 1 from here on: far below what a double holds exactly. */
const weightMax = 1e6;

const noAnchor: Anchor = { count: 0, sequels: [] };

export function emptyGraph(): FunctionGraph {
  return { version: 1, functions: [] };
}

/** What is known of one function, as a graph of its own: small enough to be handed to whoever runs it. */
export function sliceOf(graph: FunctionGraph, name: string): FunctionGraph {
  return { version: 1, functions: graph.functions.filter((each) => each.name === name) };
}

export function findFunction(graph: FunctionGraph, name: string): LearnedFunction | null {
  return graph.functions.find((each) => each.name === name) ?? null;
}

/** Learns from a run that has ended at `nowMs` or before. Runs with times that are no numbers teach nothing. */
export function learnRun(graph: FunctionGraph, trace: RunTrace, nowMs: number): FunctionGraph {
  if (!isSound(trace)) return graph;
  const known = findFunction(graph, trace.function);
  const learned = learn(age(known ?? newFunction(trace.function, nowMs), nowMs), trace);
  const others = graph.functions.filter((each) => each !== known);
  return { version: 1, functions: [...makeRoom(others), learned] };
}

function newFunction(name: string, nowMs: number): LearnedFunction {
  return { name, learnedMs: nowMs, weight: 1, nodes: [], anchors: [noAnchor] };
}

function makeRoom(functions: readonly LearnedFunction[]): readonly LearnedFunction[] {
  if (functions.length < functionsMax) return functions;
  const oldest = functions.reduce((a, b) => (b.learnedMs < a.learnedMs ? b : a));
  return functions.filter((each) => each !== oldest);
}

/** Instead of all that is known being made less, what comes counts more (forward decay; Cormode et al., ICDE 2009). */
function age(known: LearnedFunction, nowMs: number): LearnedFunction {
  const passedMs = Math.max(0, nowMs - known.learnedMs);
  const weight = known.weight * 2 ** Math.min(40, passedMs / halfLifeMs) * (1 + 1 / memoryRuns);
  const aged = { ...known, learnedMs: Math.max(nowMs, known.learnedMs), weight };
  if (weight < weightMax) return aged;
  const factor = 1 / weight;
  return {
    ...aged,
    weight: 1,
    anchors: aged.anchors.map(({ count, sequels }) => ({
      count: count * factor,
      sequels: sequels.map((sequel) => ({
        ...sequel,
        later: sequel.later * factor,
        earlier: sequel.earlier * factor,
        delays: scaleSketch(sequel.delays, factor),
      })),
    })),
  };
}

function learn(before: LearnedFunction, trace: RunTrace): LearnedFunction {
  const uses = nodesOf(trace.visits);
  const known = uses.reduce((each, { node }) => admit(each, node, uses), before);
  const indexed = uses.map(({ node, visit }) => ({ at: indexOf(known, node), node, visit }));
  const anchors = [...known.anchors];
  const note = (anchor: number, moment: Moment): void => {
    if (anchor < 0) return;
    const sequels = sequelsAfter(indexed, moment, trace.visits);
    anchors[anchor] = addSequels(anchors[anchor] ?? noAnchor, sequels, known.weight);
  };
  note(0, { atMs: trace.startedMs, isAfter: () => true });
  for (const { node, kind, visit, atMs } of eventsOf(trace.visits)) {
    const isAfter = (at: number, startedMs: number): boolean =>
      kind === 'start' ? at > visit : at !== visit && startedMs >= atMs;
    note(anchorOf(indexOf(known, node), kind), { atMs, isAfter });
  }
  return { ...known, anchors };
}

/** A moment of a run, and which of its uses, by their place and beginning, are after it. */
interface Moment {
  readonly atMs: number;
  isAfter(at: number, startedMs: number): boolean;
}

interface IndexedUse {
  readonly at: number;
  readonly node: GraphNode;
  readonly visit: RunVisit;
}

/** For each node of the run, after a moment: the delay until it comes, or null when it came before. */
function sequelsAfter(
  uses: readonly IndexedUse[],
  { atMs, isAfter }: Moment,
  visits: readonly RunVisit[],
): ReadonlyMap<number, number | null> {
  const sequels = new Map<number, number | null>();
  for (const [place, { at, node, visit }] of uses.entries()) {
    if (at < 0 || sequels.has(at)) continue;
    if (isAfter(place, visit.startedMs)) sequels.set(at, delayUntil(visit.startedMs, atMs, visits));
    // Of a node that stands for several uses, those before say nothing of those after.
    else if (node.occurrence < occurrencesMax) sequels.set(at, null);
  }
  return sequels;
}

function delayUntil(startedMs: number, fromMs: number, visits: readonly RunVisit[]): number {
  return startedMs - fromMs - coldBetween(visits, { fromMs, untilMs: startedMs, endedOnly: true });
}

function addSequels(anchor: Anchor, sequels: ReadonlyMap<number, number | null>, weight: number): Anchor {
  const old = anchor.sequels.map((sequel) => addSequel(sequel, sequels.get(sequel.node), weight));
  const known = new Set(anchor.sequels.map(({ node }) => node));
  const fresh = [...sequels.entries()]
    .filter(([node]) => !known.has(node))
    .map(([node, delayMs]) =>
      addSequel({ node, later: 0, earlier: 0, delays: emptySketch }, delayMs, weight),
    );
  return { count: anchor.count + weight, sequels: [...old, ...fresh] };
}

function addSequel(sequel: Sequel, delayMs: number | null | undefined, weight: number): Sequel {
  if (delayMs === undefined) return sequel;
  if (delayMs === null) return { ...sequel, earlier: sequel.earlier + weight };
  return {
    ...sequel,
    later: sequel.later + weight,
    delays: addDelay(sequel.delays, delayMs, weight),
  };
}

export function anchorOf(node: number, kind: 'start' | 'end'): number {
  return node < 0 ? -1 : 1 + 2 * node + (kind === 'end' ? 1 : 0);
}

export function indexOf({ nodes }: LearnedFunction, { pool, occurrence }: GraphNode): number {
  return nodes.findIndex((node) => node.pool === pool && node.occurrence === occurrence);
}

/** Gives a node its place, the one of the rarest node where there is none left; nodes of the run at hand are not pushed out. */
function admit(
  known: LearnedFunction,
  node: GraphNode,
  uses: readonly { readonly node: GraphNode }[],
): LearnedFunction {
  if (indexOf(known, node) >= 0) return known;
  const { nodes, anchors } = known;
  if (nodes.length < nodesMax)
    return { ...known, nodes: [...nodes, node], anchors: [...anchors, noAnchor, noAnchor] };
  const inUse = new Set(uses.map((use) => indexOf(known, use.node)));
  const free = nodes.map((_, at) => at).filter((at) => !inUse.has(at));
  const [first, ...rest] = free;
  if (first === undefined) return known;
  const count = (at: number): number => anchors[anchorOf(at, 'start')]?.count ?? 0;
  const rarest = rest.reduce((a, b) => (count(b) < count(a) ? b : a), first);
  return replaceNode(known, rarest, node);
}

function replaceNode(
  { nodes, anchors, ...known }: LearnedFunction,
  at: number,
  node: GraphNode,
): LearnedFunction {
  const gone = new Set([anchorOf(at, 'start'), anchorOf(at, 'end')]);
  return {
    ...known,
    nodes: nodes.map((each, index) => (index === at ? node : each)),
    anchors: anchors.map((anchor, index) =>
      gone.has(index)
        ? noAnchor
        : { ...anchor, sequels: anchor.sequels.filter((sequel) => sequel.node !== at) },
    ),
  };
}

function isSound({ startedMs, endedMs, visits }: RunTrace): boolean {
  const times = visits.flatMap((visit) => [visit.startedMs, visit.endedMs, visit.coldMs]);
  return [startedMs, endedMs, ...times].every(Number.isFinite);
}
