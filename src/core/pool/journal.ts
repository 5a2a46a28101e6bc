// What happened at a pool since the planner last asked: who came, and how many replicas were in use at once. Owns its bound; what does
// not fit is told more coarsely. Lives in memory: what is lost with the object costs a forecast a minute of sight. Pure.

/** Requests of one tenant ('' = of some tenants) that came at `atMs`, or within the second that begins there. */
export interface ArrivalEvent {
  readonly kind: 'arrival';
  readonly seq: number;
  readonly atMs: number;
  readonly tenant: string;
  readonly count: number;
}

/** From `atMs` on, `busy` replicas were in use, or wanted by who waited. */
export interface LevelEvent {
  readonly kind: 'level';
  readonly seq: number;
  readonly atMs: number;
  readonly busy: number;
}

export type DemandEvent = ArrivalEvent | LevelEvent;

export interface Journal {
  /** Number of the last event. Grows from event to event and, being at least the time of day, from one life of the object to the next. */
  readonly seq: number;
  readonly busy: number;
  readonly events: readonly DemandEvent[];
  /** Events up to this one may have been sent: later ones are not merged into them. */
  readonly sentSeq: number;
  /** Events up to this one have lost names, or are gone. */
  readonly truncatedSeq: number;
}

/** Minutes of a busy pool; a planner asks once a minute. */
export const journalMax = 512;
const roomAfterMerge = journalMax / 2;

export const emptyJournal: Journal = { seq: 0, busy: 0, events: [], sentSeq: 0, truncatedSeq: 0 };

export function noteArrivals(journal: Journal, atMs: number, tenant: string, count: number): Journal {
  if (count <= 0) return journal;
  const seq = Math.max(journal.seq + 1, atMs);
  return append(journal, { kind: 'arrival', seq, atMs, tenant, count });
}

/** Notes how many replicas are in use, when that has changed. */
export function noteLevel(journal: Journal, atMs: number, busy: number): Journal {
  if (busy === journal.busy) return journal;
  const seq = Math.max(journal.seq + 1, atMs);
  return { ...append(journal, { kind: 'level', seq, atMs, busy }), busy };
}

/** The journal without what the planner has heard, up to event `sinceSeq`; the rest counts as sent. */
export function forgetHeard(journal: Journal, sinceSeq: number): Journal {
  const events = journal.events.filter(({ seq }) => seq > sinceSeq);
  return { ...journal, events, sentSeq: journal.seq };
}

function append(journal: Journal, event: DemandEvent): Journal {
  const events = [...journal.events, event];
  const next = { ...journal, seq: event.seq, events };
  return events.length <= journalMax ? next : coarsen(next);
}

/** First events within a second become one, then their tenants' names go, then the oldest events. */
function coarsen(journal: Journal): Journal {
  const merged = mergeSeconds(journal, true);
  if (merged.length <= roomAfterMerge) return { ...journal, events: merged };
  const nameless = mergeSeconds(journal, false);
  return { ...journal, events: nameless.slice(-roomAfterMerge), truncatedSeq: journal.seq };
}

/** One arrival event per second (and tenant), two levels per second: the highest and the last. The order stays. */
function mergeSeconds(journal: Journal, named: boolean): readonly DemandEvent[] {
  const merged = new Map<string, DemandEvent>();
  for (const event of journal.events) {
    const second = `${event.seq <= journal.sentSeq ? 'sent ' : ''}${Math.floor(event.atMs / 1_000)}`;
    if (event.kind === 'arrival') addArrival(merged, second, named ? event : { ...event, tenant: '' });
    else addLevel(merged, second, event);
  }
  return [...merged.values()].sort((a, b) => a.atMs - b.atMs);
}

function addArrival(merged: Map<string, DemandEvent>, second: string, event: ArrivalEvent): void {
  const key = `${second} arrival ${event.tenant}`;
  const known = merged.get(key);
  if (known?.kind !== 'arrival') merged.set(key, event);
  else merged.set(key, { ...known, seq: event.seq, count: known.count + event.count });
}

function addLevel(merged: Map<string, DemandEvent>, second: string, event: LevelEvent): void {
  const peak = merged.get(`${second} peak`);
  if (peak?.kind !== 'level' || event.busy >= peak.busy) {
    // It is the last one, too.
    merged.delete(`${second} last`);
    merged.set(`${second} peak`, event);
  } else {
    merged.set(`${second} last`, event);
  }
}
