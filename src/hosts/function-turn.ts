// A session's turn whose work is a durable run: begins it or finds it again, and hands its words on as the turn's text. Owns the translation
// from the run's log to a turn; the run lives in its own object and outlives whoever follows it.
import type { Failure } from '../core/api/failure.ts';
import { err, ok, type Result } from '../core/base/result.ts';
import type { CompoundFunction } from '../core/run/define-function.ts';
import { hashText } from '../core/run/hash-text.ts';
import type { Json } from '../core/run/json.ts';
import { makeBudget, withinTime } from '../core/run/run-budget.ts';
import { isTerminal, textIn, type LogEntry } from '../core/run/run-state.ts';
import { TurnText } from '../core/run/turn-text.ts';
import type { RunView } from '../core/run/view-run.ts';
import type { TurnAsk, TurnReply } from './session-ports.ts';
import type { RunStart } from './step-performers.ts';

/** The run's object may die while it is followed; it comes back by itself, and is asked again this often, this much later. */
const TRIES_MAX = 200;
const BETWEEN_TRIES_MS = 250;

export interface FunctionTurnPorts {
  begin(start: RunStart): Promise<Result<RunView, Failure>>;
  /** Entries after a position, once there are some; empty when none came for a while. */
  next(run: string, afterSeq: number): Promise<Result<readonly LogEntry[], Failure>>;
  sleep(ms: number): Promise<void>;
}

/** As `RunTurn`; the same turn and attempt mean the same run. */
export async function runFunctionTurn(
  ports: FunctionTurnPorts,
  fn: CompoundFunction,
  ask: TurnAsk,
  onText: (text: string) => Promise<void>,
): Promise<Result<TurnReply, Failure>> {
  const run = ask.resume?.run ?? runOfTurn(ask);
  ask.onRun(run);
  const begun = await begin(ports, fn, ask, run);
  if (!begun.ok) return begun;
  const text = new TurnText(ask.resume?.chars ?? 0, (output) => fn.chat?.text(output) ?? '');
  const last = await follow(ports, ask, run, async (entries) => {
    for (const change of text.take(entries)) {
      if (change.kind === 'cut') ask.onSegment(change.reason, change.chars);
      else await onText(change.text);
    }
  });
  return last.ok ? replyOf(last.value, fn, text.whole) : last;
}

/** Hands on every entry of the run's log, in order, and gives its last. */
async function follow(
  ports: FunctionTurnPorts,
  ask: TurnAsk,
  run: string,
  take: (entries: readonly LogEntry[]) => Promise<void>,
): Promise<Result<LogEntry, Failure>> {
  let afterSeq = 0;
  for (let tries = 0; tries < TRIES_MAX && !ask.signal.aborted; tries += 1) {
    const entries = await next(ports, run, afterSeq);
    if (entries === null) {
      await ports.sleep(BETWEEN_TRIES_MS);
      continue;
    }
    if (!entries.ok) return entries;
    // Only tries in a row count: a run may take longer than all of them.
    tries = -1;
    const last = entries.value.at(-1);
    afterSeq = last?.seq ?? afterSeq;
    await take(entries.value);
    if (last !== undefined && isTerminal(last.type)) return ok(last);
  }
  return err(ask.signal.aborted ? { kind: 'run-cancelled' } : { kind: 'replica-unreachable' });
}

/** The run that does the work of this attempt: known before it is begun, so that a crash cannot begin it twice. */
function runOfTurn({ turn, attempt }: TurnAsk): string {
  return `run_${hashText(`${turn}/${attempt}`)}${hashText(`${attempt}/${turn}`)}`;
}

async function begin(
  ports: FunctionTurnPorts,
  fn: CompoundFunction,
  ask: TurnAsk,
  run: string,
): Promise<Result<null, Failure>> {
  const input = fn.chat?.input(ask.messages) as Json;
  const start: RunStart = {
    id: run,
    tenant: ask.tenant,
    function: fn.name,
    version: fn.version,
    input,
    budget: withinTime(makeBudget(fn.budget), ask.deadlineMs - ask.startedMs),
    parent: null,
    criticality: ask.criticality,
  };
  for (let tries = 0; tries < TRIES_MAX && !ask.signal.aborted; tries += 1) {
    try {
      const begun = await ports.begin(start);
      // After a crash the context may be put together in another way; the run that was begun is the one that counts.
      const isKnown = !begun.ok && begun.error.kind === 'idempotency-mismatch';
      return begun.ok || isKnown ? ok(null) : begun;
    } catch {
      await ports.sleep(BETWEEN_TRIES_MS);
    }
  }
  return err({ kind: 'replica-unreachable' });
}

async function next(
  ports: FunctionTurnPorts,
  run: string,
  afterSeq: number,
): Promise<Result<readonly LogEntry[], Failure> | null> {
  try {
    return await ports.next(run, afterSeq);
  } catch {
    return null;
  }
}

function replyOf(last: LogEntry, fn: CompoundFunction, text: string): Result<TurnReply, Failure> {
  const { data } = last;
  if (last.type === 'run.completed') {
    const served = { version: `function:${fn.name}@${fn.version}`, warmth: null, waitMs: null };
    return ok({ text, usage: null, served });
  }
  if (last.type === 'run.cancelled') return err({ kind: 'run-cancelled' });
  if (last.type === 'run.failed') {
    return err({ kind: 'run-failed', code: textIn(data, 'code'), message: textIn(data, 'message') });
  }
  const message = 'The budget of the run was used up before it had an answer.';
  return err({ kind: 'run-failed', code: textIn(data, 'reason'), message });
}
