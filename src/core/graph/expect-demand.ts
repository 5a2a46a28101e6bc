// What a run that is on its way will still ask of which pool, with which probability, and when: read from what was learned of its
// function, with the pools it declares as the prior. Decides nothing. Pure.
import { delayQuantile, weightBeyond, type DelaySketch } from './delay-sketch.ts';
import {
  anchorOf,
  findFunction,
  indexOf,
  type FunctionGraph,
  type LearnedFunction,
} from './function-graph.ts';
import { coldBetween, eventsOf, occurrencesMax, type GraphNode, type RunVisit } from './run-visits.ts';

export interface RunProgress {
  readonly function: string;
  readonly startedMs: number;
  readonly nowMs: number;
  /** In order of their beginning; those that go on have no end yet. */
  readonly visits: readonly RunVisit[];
  /** How long what goes on will still wait for a replica to become hot: everything behind it is later by as much. Left out = 0. */
  readonly waitMs?: number;
}

export interface Expectation {
  readonly pool: string;
  /** That the run asks for this pool once more, above 0 up to 1. */
  readonly probability: number;
  /** Expected epoch ms of the first need that is still to come. */
  readonly startMs: number;
  /** After that the expectation is void. */
  readonly untilMs: number;
}

/** Of a function that was never seen to use a pool it declares, every second run is taken to. */
const declaredChance = 0.5;
/** The prior, and what is known of the run as a whole, weigh as much as this many runs seen at the event at hand. */
const priorRuns = 1;
/** What is less likely is not worth a word. */
const chanceMin = 0.02;
/** A need that was never timed is expected at once and for as long as a slow step takes. */
const untimedMs = 120_000;
/**
 * An expectation ends when this share of all delays is over, and some time later. It is the run that says when it takes another way; this
 * is for one that was lost. While a step goes on it may be waiting for a cold start, of which nobody has heard yet.
 */
const untilShare = 0.98;
const graceShare = 0.25;
const graceMs = 10_000;
const coldGraceMs = 120_000;
/**
 * Between an outcome and the step that follows it lie a commit and a turn of the code: a moment, and on a busy machine more than ever
 * before. A silence this short says nothing.
 */
const silenceMs = 1_000;

/** At most one expectation per pool, the likeliest first, and only for uses that are still to come. */
export function expectDemand(
  graph: FunctionGraph,
  progress: RunProgress,
  uses: readonly string[],
): readonly Expectation[] {
  const known = findFunction(graph, progress.function);
  const moments = momentsOf(known, progress);
  const isRunning = progress.visits.some(({ endedMs }) => endedMs === null);
  const pools = new Set([...uses, ...(known?.nodes ?? []).map(({ pool }) => pool)]);
  return [...pools]
    .flatMap((pool) => {
      const node = nextNode(progress.visits, pool);
      const prior = uses.includes(pool) && node.occurrence === 1 ? declaredChance : 0;
      const { nowMs, waitMs = 0 } = progress;
      const expectation = expectNode(known, { node, moments, nowMs, waitMs, isRunning }, prior);
      return expectation === null ? [] : [expectation];
    })
    .sort((a, b) => b.probability - a.probability);
}

/** The run's beginning and its last event: anchors, and for how long since then it has been on its way, cold starts left out. */
interface Moment {
  readonly anchor: number;
  readonly passedMs: number;
  /** Whether time that passes makes it less likely that anything comes: not while a step goes on. */
  readonly fades: boolean;
}

function momentsOf(known: LearnedFunction | null, progress: RunProgress): readonly Moment[] {
  const { visits, startedMs, nowMs } = progress;
  const passedMs = (fromMs: number): number =>
    Math.max(0, nowMs - fromMs - coldBetween(visits, { fromMs, untilMs: nowMs, endedOnly: false }));
  const last = eventsOf(visits).findLast(({ atMs }) => atMs <= nowMs);
  const isRunning = visits.some(({ endedMs }) => endedMs === null);
  const begun = { anchor: 0, passedMs: passedMs(startedMs), fades: last === undefined };
  if (last === undefined || known === null) return [begun];
  const anchor = anchorOf(indexOf(known, last.node), last.kind);
  return [begun, { anchor, passedMs: passedMs(last.atMs), fades: !isRunning }];
}

function nextNode(visits: readonly RunVisit[], pool: string): GraphNode {
  const used = visits.filter((visit) => visit.pool === pool).length;
  return { pool, occurrence: Math.min(used + 1, occurrencesMax) };
}

interface Wanted {
  readonly node: GraphNode;
  readonly moments: readonly Moment[];
  readonly nowMs: number;
  readonly waitMs: number;
  /** Whether a step goes on. */
  readonly isRunning: boolean;
}

/** Each moment's own experience, with that of the one before it as its prior. */
function expectNode(
  known: LearnedFunction | null,
  { node, moments, nowMs, waitMs, isRunning }: Wanted,
  prior: number,
): Expectation | null {
  let chance = prior;
  let timing: { readonly delays: DelaySketch; readonly passedMs: number } | null = null;
  for (const { anchor, passedMs, fades } of moments) {
    const seen = known === null ? null : recall(known, anchor, node);
    if (seen === null) continue;
    const learned = (seen.later + priorRuns * chance) / (seen.runs + priorRuns);
    chance = fades ? outlive(learned, seen.delays, Math.max(0, passedMs - silenceMs)) : learned;
    if (seen.delays.weights.length > 0) timing = { delays: seen.delays, passedMs };
  }
  if (chance < chanceMin) return null;
  const { pool } = node;
  if (timing === null) return { pool, probability: chance, startMs: nowMs, untilMs: nowMs + untimedMs };
  const { delays, passedMs } = timing;
  const startInMs = (delayQuantile(delays, 0.5, passedMs) ?? passedMs) - passedMs;
  const endInMs = (delayQuantile(delays, untilShare, passedMs) ?? passedMs) - passedMs;
  return {
    pool,
    probability: chance,
    startMs: nowMs + waitMs + startInMs,
    untilMs: nowMs + waitMs + endInMs * (1 + graceShare) + (isRunning ? coldGraceMs : graceMs),
  };
}

/** How many runs at this anchor could still come to the node, and how many did, in runs of today's weight. */
function recall(
  known: LearnedFunction,
  anchor: number,
  node: GraphNode,
): { readonly runs: number; readonly later: number; readonly delays: DelaySketch } | null {
  const { count, sequels } = known.anchors[anchor] ?? { count: 0, sequels: [] };
  if (count === 0) return null;
  const at = indexOf(known, node);
  const sequel = sequels.find((each) => each.node === at);
  const { later, earlier, delays } = sequel ?? { later: 0, earlier: 0, delays: { from: 0, weights: [] } };
  return {
    runs: Math.max(0, count - earlier) / known.weight,
    later: later / known.weight,
    delays,
  };
}

/** The chance that something still comes which has not come for `passedMs`, by Bayes. */
function outlive(chance: number, delays: DelaySketch, passedMs: number): number {
  const all = weightBeyond(delays, -1);
  if (all === 0) return chance;
  const left = (chance * weightBeyond(delays, passedMs)) / all;
  return left === 0 ? 0 : left / (left + 1 - chance);
}
