// The pools that a run used, in order, and what that makes of it: events (a use begins or ends) at nodes ("the k-th use of a pool").
// Owns nodes and the time that cold starts took; learns nothing. Pure.

/** One use of a pool by a run. Times are epoch ms: when the run first asked, and when that use ended (null: it goes on). */
export interface RunVisit {
  readonly pool: string;
  readonly startedMs: number;
  readonly endedMs: number | null;
  /** How long it waited for a replica to become hot. */
  readonly coldMs: number;
}

/** Uses of a pool by one run that are told apart; the last one stands for all later ones. */
export const occurrencesMax = 4;
/** Uses of one run that are looked at: a loop of more steps goes on as it went. */
export const visitsMax = 64;

/** The `occurrence`-th use of a pool by a run, 1 to `occurrencesMax`. */
export interface GraphNode {
  readonly pool: string;
  readonly occurrence: number;
}

/** A use begins or ends; `visit` is its place among the uses. */
export interface VisitEvent {
  readonly node: GraphNode;
  readonly visit: number;
  readonly kind: 'start' | 'end';
  readonly atMs: number;
}

/** The uses by their beginning, each with its node. At most `visitsMax`. */
export function nodesOf(
  visits: readonly RunVisit[],
): readonly { readonly node: GraphNode; readonly visit: RunVisit }[] {
  const uses = new Map<string, number>();
  return visits.slice(0, visitsMax).map((visit) => {
    const count = (uses.get(visit.pool) ?? 0) + 1;
    uses.set(visit.pool, count);
    return { node: { pool: visit.pool, occurrence: Math.min(count, occurrencesMax) }, visit };
  });
}

/** Beginnings and ends in order of time; of those of one moment, ends come first, as one step's end is the next one's beginning. */
export function eventsOf(visits: readonly RunVisit[]): readonly VisitEvent[] {
  const events = nodesOf(visits).flatMap(({ node, visit }, at): VisitEvent[] => {
    const start: VisitEvent = { node, visit: at, kind: 'start', atMs: visit.startedMs };
    return visit.endedMs === null ? [start] : [start, { node, visit: at, kind: 'end', atMs: visit.endedMs }];
  });
  return events.sort((a, b) => a.atMs - b.atMs || rankOf(a) - rankOf(b));
}

function rankOf({ kind }: VisitEvent): number {
  return kind === 'end' ? 0 : 1;
}

/**
 * How long between two moments the run waited for cold starts; those of uses that run side by side count once. Only uses that had ended
 * by `untilMs` are looked at when `endedOnly`: what was still running then was not waited for.
 */
export function coldBetween(
  visits: readonly RunVisit[],
  span: { readonly fromMs: number; readonly untilMs: number; readonly endedOnly: boolean },
): number {
  const { fromMs, untilMs, endedOnly } = span;
  const waits = visits
    .filter(({ coldMs, endedMs }) => coldMs > 0 && !(endedOnly && (endedMs === null || endedMs > untilMs)))
    .map(({ startedMs, coldMs }) => ({
      low: Math.max(fromMs, startedMs),
      high: Math.min(untilMs, startedMs + coldMs),
    }))
    .filter(({ low, high }) => high > low)
    .sort((a, b) => a.low - b.low);
  let sum = 0;
  let reached = fromMs;
  for (const { low, high } of waits) {
    sum += Math.max(0, high - Math.max(low, reached));
    reached = Math.max(reached, high);
  }
  return sum;
}
