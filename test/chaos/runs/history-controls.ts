// Histories that are spoilt on purpose, each in a way that a real bug would: the checker must find every one. What is done to them is what a
// log does that acknowledges too early, doubles, reads from a copy, or takes an append behind an end that is none.
import type { HistoryOp } from '../../../src/core/session/append-log-history.ts';

type Append = Extract<HistoryOp, { op: 'append' }>;
type Read = Extract<HistoryOp, { op: 'read' }>;

/** Null where the history has nothing that could be spoilt this way. */
export type Control = (history: readonly HistoryOp[]) => readonly HistoryOp[] | null;

export const controls: Readonly<Record<string, Control>> = {
  /** An acknowledged append that stands nowhere, and what came after it one place further down. */
  lost(history) {
    const victim = okAppends(history)[0];
    const seq = victim?.result?.entries?.[0]?.seq;
    if (victim === undefined || seq === undefined) return null;
    return history.map((op) => {
      if (op === victim || op.op === 'fork' || op.log !== victim.log || op.outcome !== 'ok') return op;
      return withEntries(op, (entries) =>
        entries
          .filter((entry) => entry.seq !== seq)
          .map((entry) => ({ id: entry.id, seq: entry.seq > seq ? entry.seq - 1 : entry.seq })),
      );
    });
  },
  /** The last entry once more behind itself, as a retry without its key would leave it. */
  doubled(history) {
    const last = fullRead(history);
    const entry = last?.result?.entries.at(-1);
    if (last === null || last.result === undefined || entry === undefined) return null;
    const entries = [...last.result.entries, { seq: entry.seq + 1, id: entry.id }];
    return history.map((op) => (op === last ? { ...last, result: { entries, hasMore: false } } : op));
  },
  /** A read at the end that sees the log as it was at the beginning. */
  stale(history) {
    const last = fullRead(history);
    if (last === null || (last.result?.entries.length ?? 0) < 2) return null;
    const stale: Read = { ...last, client: 'stale', result: { entries: [], hasMore: false } };
    return [...history, stale];
  },
  /** Two appends that followed one another, in the other order everywhere. */
  swapped(history) {
    const appends = okAppends(history);
    const first = appends[0];
    const second = appends.find(
      (op) => first !== undefined && op.log === first.log && op.invokeMs > (first.returnMs ?? Infinity),
    );
    const [a, b] = [first?.result?.entries?.[0], second?.result?.entries?.[0]];
    if (a === undefined || b === undefined) return null;
    const swap = (id: string): string => (id === a.id ? b.id : id === b.id ? a.id : id);
    return history.map((op) =>
      op.op === 'fork' || op.outcome !== 'ok' || op.log !== first?.log
        ? op
        : withEntries(op, (entries) => entries.map((entry) => ({ seq: entry.seq, id: swap(entry.id) }))),
    );
  },
  /** An append-if that was taken behind another end than it asked for. */
  notTheEnd(history) {
    const victim = okAppends(history).find(({ args }) => args.expectedSeq !== undefined);
    if (victim === undefined) return null;
    const args = { ...victim.args, expectedSeq: (victim.args.expectedSeq ?? 0) + 2 };
    return history.map((op) => (op === victim ? { ...victim, args } : op));
  },
  /** Entries that nobody ever asked for. */
  fromNowhere(history) {
    const victim = okAppends(history)[0];
    if (victim === undefined) return null;
    return history.filter((op) => op !== victim);
  },
};

type Entries = readonly { readonly seq: number; readonly id: string }[];

function withEntries(op: Append | Read, change: (entries: Entries) => Entries): HistoryOp {
  if (op.op === 'read') {
    const { result } = op;
    return result === undefined ? op : { ...op, result: { ...result, entries: [...change(result.entries)] } };
  }
  const entries = op.result?.entries;
  return entries === undefined ? op : { ...op, result: { entries: [...change(entries)] } };
}

function okAppends(history: readonly HistoryOp[]): readonly Append[] {
  return history
    .filter((op): op is Append => op.op === 'append' && op.outcome === 'ok')
    .sort((a, b) => a.invokeMs - b.invokeMs);
}

/** The last read of the whole log. */
function fullRead(history: readonly HistoryOp[]): Read | null {
  const whole = history.filter(
    (op): op is Read =>
      op.op === 'read' &&
      op.log === history[0]?.log &&
      op.args.afterSeq === 0 &&
      op.result?.hasMore === false,
  );
  return whole.sort((a, b) => a.invokeMs - b.invokeMs).at(-1) ?? null;
}
