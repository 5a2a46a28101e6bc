// What must hold of every run at every commit: the invariants of run-state.ts over the state and the log. Pure; for tests, simulations and
// the chaos harness.
import { addSpent, NOTHING_SPENT, type Spent } from './run-budget.ts';
import { isTerminal, type LogEntry, type RunState, type StepRecord } from './run-state.ts';

/** What is broken, in words that begin with the invariant's number; empty when all is well. */
export function checkRun(state: RunState, log: readonly LogEntry[]): readonly string[] {
  return [
    ...checkSteps(state),
    ...checkOrders(state),
    ...checkLog(state, log),
    ...checkSpent(state),
    ...checkSegments(log),
  ];
}

function checkSteps({ steps }: RunState): readonly string[] {
  return steps.flatMap((step, at) => (step.n === at ? [] : [`R1 step ${step.n} stands at ${at}`]));
}

function checkOrders({ steps, progress }: RunState): readonly string[] {
  const orders = steps
    .flatMap(({ status }) => (status.kind === 'settled' ? [status.order] : []))
    .toSorted((a, b) => a - b);
  const gap = orders.findIndex((order, at) => order !== at + 1);
  if (gap >= 0) return [`R2 order ${orders[gap] ?? 0} stands at ${gap + 1}`];
  return orders.length === progress.settled
    ? []
    : [`R2 ${orders.length} settled, ${progress.settled} counted`];
}

function checkLog({ progress }: RunState, log: readonly LogEntry[]): readonly string[] {
  const found: string[] = [];
  for (const [at, entry] of log.entries())
    if (entry.seq !== at + 1) found.push(`R4 seq ${entry.seq} at ${at + 1}`);
  if (log.length !== progress.tailSeq) found.push(`R4 ${log.length} entries, tail ${progress.tailSeq}`);
  const ends = log.filter(({ type }) => isTerminal(type));
  const isEnded = progress.status.kind !== 'active';
  if (ends.length !== (isEnded ? 1 : 0))
    found.push(`R4 ${ends.length} terminal entries, ${progress.status.kind}`);
  const last = log.at(-1);
  if (isEnded && (last === undefined || !isTerminal(last.type))) found.push('R4 something follows the end');
  const authored = log.filter(
    ({ type, data }) => type === 'event' || type === 'draft' || data['step'] === null,
  );
  if (authored.length !== progress.emitted)
    found.push(`R6 ${authored.length} entries, ${progress.emitted} emitted`);
  return found;
}

/** What failed attempts used is in the total but in no step: the total may be more, never less. */
function checkSpent({ steps, progress }: RunState): readonly string[] {
  const sum = steps.reduce<Spent>((total, step) => addSpent(total, spentOn(step)), NOTHING_SPENT);
  const { spent } = progress;
  const isShort = spent.steps !== sum.steps || spent.tokens < sum.tokens || spent.micros < sum.micros;
  return isShort ? [`R5 spent ${JSON.stringify(spent)}, the steps say ${JSON.stringify(sum)}`] : [];
}

function spentOn({ status }: StepRecord): Spent {
  if (status.kind !== 'settled') return { steps: 1, tokens: 0, micros: 0 };
  return { steps: 1, tokens: status.measure.tokens, micros: status.measure.micros };
}

function checkSegments(log: readonly LogEntry[]): readonly string[] {
  const speaking = new Map<unknown, unknown>();
  const found: string[] = [];
  for (const { seq, type, data } of log) {
    const step = data['step'];
    // Whatever attempt speaks next may: it stands apart.
    if (type === 'segment') speaking.delete(step);
    if (type !== 'text' || step === null) continue;
    const before = speaking.get(step) ?? data['attempt'];
    if (before !== data['attempt'])
      found.push(`R7 text at ${seq} continues another attempt without a segment`);
    speaking.set(step, data['attempt']);
  }
  return found;
}
