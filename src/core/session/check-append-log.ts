// Whether a history of append logs is linearizable: sound and complete, in O(n log n). Owns no repair: a finding is a bug of the log, or
// of the recorder. Pure.
//
// Why it is complete. Entries are unique, so reads tell the place of each. A log is then a chain of moments t1 <= t2 <= ... <= tN, tk the
// moment at which its k-th entry came to be, and every operation is a bound on one of them: an append that became entry k says
// invoke <= tk <= return; a read that saw exactly L entries says tL <= return and t(L+1) >= invoke; a refused append-if is a read of the
// tail that it was told. Bounds on a chain can be met exactly if the earliest choice, tk = max(t(k-1), lower bound of k), meets every
// upper bound. Moments that are equal count as concurrent. Every entry must have been read by somebody: end a history with a full read.
import type { HistoryOp } from './append-log-history.ts';

/** The rule that is broken, named as in the list of what a session log promises. */
export interface LogViolation {
  /** a: an acknowledged append stands once. b: acknowledged before invoked is before. c: reads have what was acknowledged. d: reads are
   * gap-free prefixes that never shrink. e: append-if only on the true tail. f: what is unknown stands at most once, not before it was
   * asked for. g: a fork begins with what its origin held. */
  readonly rule: 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g';
  readonly log: string;
  readonly message: string;
}

type Append = Extract<HistoryOp, { op: 'append' }>;
type Fork = Extract<HistoryOp, { op: 'fork' }>;

/** A bound on the moment of one entry, and who says so. */
interface Bound {
  readonly atMs: number;
  readonly by: 'append' | 'read';
  readonly what: string;
}

interface Chain {
  readonly log: string;
  readonly idAt: Map<number, string>;
  readonly placeOf: Map<string, number>;
  readonly lower: Map<number, Bound>;
  readonly upper: Map<number, Bound>;
  readonly found: LogViolation[];
  longest: number;
}

/** Every broken promise; empty when all operations can be put in one order that explains what each client saw. */
export function checkAppendLog(history: readonly HistoryOp[]): readonly LogViolation[] {
  const chains = new Map<string, Chain>();
  const chainOf = (log: string): Chain => {
    const chain = chains.get(log) ?? newChain(log);
    chains.set(log, chain);
    return chain;
  };
  for (const op of history) noteSeen(chainOf(op.log), op);
  for (const op of history) {
    if (op.op === 'append') boundAppend(chainOf(op.log), op);
    else if (op.op === 'read') boundRead(chainOf(op.log), op);
  }
  for (const op of history) if (op.op === 'fork') boundFork(chainOf(op.log), chainOf(op.args.into), op);
  for (const chain of chains.values()) {
    checkOrigins(chain, history);
    checkChain(chain);
  }
  return [...chains.values()].flatMap(({ found }) => found);
}

function newChain(log: string): Chain {
  return {
    log,
    idAt: new Map(),
    placeOf: new Map(),
    lower: new Map(),
    upper: new Map(),
    found: [],
    longest: 0,
  };
}

function report(chain: Chain, rule: LogViolation['rule'], message: string): void {
  chain.found.push({ rule, log: chain.log, message });
}

/** Takes down which entry stands where, as somebody saw it. */
function noteSeen(chain: Chain, op: HistoryOp): void {
  if (op.op === 'fork' || op.outcome !== 'ok') return;
  for (const { seq, id } of op.result?.entries ?? []) {
    const place = chain.placeOf.get(id);
    const other = chain.idAt.get(seq);
    if (place !== undefined && place !== seq) report(chain, 'a', `${id} stands at ${place} and at ${seq}`);
    else if (other !== undefined && other !== id) report(chain, 'a', `${seq} is ${other} and ${id}`);
    else {
      chain.placeOf.set(id, seq);
      chain.idAt.set(seq, id);
      chain.longest = Math.max(chain.longest, seq);
    }
  }
}

function boundAppend(chain: Chain, op: Append): void {
  const { ids, expectedSeq } = op.args;
  const returnMs = op.outcome === 'ok' ? (op.returnMs ?? Infinity) : Infinity;
  if (op.outcome === 'fail') return boundRefusal(chain, op);
  for (const [at, id] of ids.entries()) {
    const place = chain.placeOf.get(id);
    if (place === undefined) {
      if (op.outcome === 'ok') report(chain, 'a', `${id} was acknowledged and stands nowhere`);
      continue;
    }
    addLower(chain, place, { atMs: op.invokeMs, by: 'append', what: `${id} was asked for` });
    addUpper(chain, place, { atMs: returnMs, by: 'append', what: `${id} was acknowledged` });
    const before = at === 0 ? undefined : chain.placeOf.get(ids[at - 1] ?? '');
    if (at > 0 && (before === undefined || before >= place)) {
      report(chain, 'b', `${id} stands before what it follows`);
    }
    if (at === 0 && expectedSeq !== undefined && place !== expectedSeq + 1) {
      report(chain, 'e', `${id} stands at ${place}, asked for behind ${expectedSeq}`);
    }
  }
}

/** A refusal had no effect; one for another tail is a read of that tail. */
function boundRefusal(chain: Chain, op: Append): void {
  for (const id of op.args.ids) {
    if (chain.placeOf.has(id)) report(chain, 'f', `${id} was refused and stands in the log`);
  }
  const tailSeq = op.result?.tailSeq;
  if (tailSeq === undefined) return;
  if (tailSeq === op.args.expectedSeq) report(chain, 'e', `refused behind ${tailSeq}, which was the tail`);
  boundLength(chain, op, { least: tailSeq, most: tailSeq });
}

function boundRead(chain: Chain, op: Extract<HistoryOp, { op: 'read' }>): void {
  if (op.outcome !== 'ok' || op.result === undefined) return;
  const { entries, hasMore } = op.result;
  const { afterSeq } = op.args;
  for (const [at, { seq }] of entries.entries()) {
    if (seq !== afterSeq + 1 + at)
      report(chain, 'd', `a read after ${afterSeq} has ${seq} at place ${at + 1}`);
  }
  const last = entries.at(-1)?.seq ?? 0;
  if (hasMore) boundLength(chain, op, { least: Math.max(last, afterSeq) + 1, most: Infinity });
  // Nothing after a place says no more than that the log was not longer.
  else boundLength(chain, op, { least: last, most: Math.max(last, afterSeq) });
}

/** At some moment of the operation the log had this length. */
function boundLength(
  chain: Chain,
  op: HistoryOp,
  length: { readonly least: number; readonly most: number },
): void {
  const what = `${op.client} saw a length of ${length.least}`;
  if (length.least > 0) addUpper(chain, length.least, { atMs: op.returnMs ?? Infinity, by: 'read', what });
  if (length.most < Infinity) addLower(chain, length.most + 1, { atMs: op.invokeMs, by: 'read', what });
}

/** A fork sees its origin's entries, and its log begins with them. */
function boundFork(origin: Chain, fork: Chain, op: Fork): void {
  if (op.outcome !== 'ok') return;
  const { afterSeq } = op.args;
  if (afterSeq > 0) {
    const what = `${op.client} forked after ${afterSeq}`;
    addUpper(origin, afterSeq, { atMs: op.returnMs ?? Infinity, by: 'read', what });
  }
  for (let seq = 1; seq <= Math.min(afterSeq, fork.longest); seq += 1) {
    const [theirs, ours] = [origin.idAt.get(seq), fork.idAt.get(seq)];
    if (theirs !== ours) report(fork, 'g', `${seq} is ${ours}, in its origin ${theirs}`);
    addLower(fork, seq, { atMs: op.invokeMs, by: 'append', what: 'the fork was asked for' });
    addUpper(fork, seq, { atMs: op.returnMs ?? Infinity, by: 'append', what: 'the fork was acknowledged' });
  }
}

/** Entries that nobody asked for. */
function checkOrigins(chain: Chain, history: readonly HistoryOp[]): void {
  const asked = new Set<string>();
  let inherited = 0;
  for (const op of history) {
    if (op.op === 'append' && op.log === chain.log) for (const id of op.args.ids) asked.add(id);
    if (op.op === 'fork' && op.args.into === chain.log) inherited = Math.max(inherited, op.args.afterSeq);
  }
  for (const [id, place] of chain.placeOf) {
    if (!asked.has(id) && place > inherited) report(chain, 'f', `${id} at ${place} was never asked for`);
  }
}

/** The earliest choice for every moment, against its upper bound. */
function checkChain(chain: Chain): void {
  let earliest: Bound = { atMs: -Infinity, by: 'append', what: 'the beginning' };
  const places = new Set([...chain.lower.keys(), ...chain.upper.keys(), ...chain.idAt.keys()]);
  for (const place of [...places].sort((a, b) => a - b)) {
    if (place <= chain.longest && !chain.idAt.has(place)) {
      report(chain, 'd', `nobody ever read what stands at ${place}`);
    }
    if (place > chain.longest && chain.upper.has(place)) {
      report(chain, 'd', `${chain.upper.get(place)?.what}, and nobody ever read that far`);
    }
    const lower = chain.lower.get(place);
    if (lower !== undefined && lower.atMs > earliest.atMs) earliest = lower;
    const upper = chain.upper.get(place);
    if (upper !== undefined && earliest.atMs > upper.atMs) {
      report(
        chain,
        ruleOf(earliest, upper),
        `entry ${place}: ${upper.what} at ${upper.atMs}, but ${earliest.what} only at ${earliest.atMs}`,
      );
      // One finding for each knot: what comes after is judged anew.
      earliest = upper;
    }
  }
}

function ruleOf(lower: Bound, upper: Bound): LogViolation['rule'] {
  if (lower.by === 'append') return upper.by === 'append' ? 'b' : 'f';
  return upper.by === 'append' ? 'c' : 'd';
}

function addLower(chain: Chain, place: number, bound: Bound): void {
  const known = chain.lower.get(place);
  if (known === undefined || bound.atMs > known.atMs) chain.lower.set(place, bound);
}

function addUpper(chain: Chain, place: number, bound: Bound): void {
  const known = chain.upper.get(place);
  if (known === undefined || bound.atMs < known.atMs) chain.upper.set(place, bound);
}
