// Many sessions of support-agent at once: how long a turn takes, and that nothing is dropped and every session keeps its order.
import { makeCheck, median, quantile, type Check } from '../../../src/cli/checks.ts';
import { startRawStack } from '../../support/raw-stack.ts';
import { agentModels, messages } from './agent-models.ts';
import { atMost } from './bars.ts';
import { holdSession } from './hold-session.ts';
import { callFunction } from './paced.ts';

export interface SessionsPlan {
  readonly sessions: number;
  readonly turns: number;
}

/** A person reads an answer before the next question, at least this long and at most twice. */
const thinkMs = 500;

/** Bars: 95 of 100 turns within 8 s, nothing dropped, order kept, on a dialogue model of 3 to 5 s. */
export async function measureSessions(plan: SessionsPlan): Promise<readonly Check[]> {
  // 2.5 s to the first token and 40 ms for each: three to four seconds for an answer of one or two sentences.
  const dialogue = { firstTokenMs: 2_500, tokenMs: 40, slots: 16, replicasMax: 8, loadMs: 200 };
  const models = agentModels(dialogue);
  const stack = await startRawStack({ vars: { PREWARM: 'just-in-time-p' }, models });
  try {
    // The help centre's index is loaded once for each tenant, when it is first asked: not a matter of how many ask at once.
    await callFunction(stack, 'support-agent', { message: messageOf(0) });
    const talks = Array.from({ length: plan.sessions }, (_, at) => ({
      contents: Array.from({ length: plan.turns }, (__, turn) => messageOf(at + turn)),
      // People come one after another, over the time of about one turn.
      startAfterMs: at * 80,
      thinkMs: (turn: number) => thinkMs + ((at * 7 + turn * 13) % thinkMs),
    }));
    const results = await Promise.all(talks.map((talk) => holdSession(stack, talk)));
    const turns = results.flatMap(({ turnsMs }) => turnsMs);
    const dropped = results.flatMap(({ answers }) => answers).filter((answer) => answer === null).length;
    const disordered = results.filter(({ inOrder }) => !inOrder).length;
    const n = plan.sessions * plan.turns;
    return [
      atMost(8_000, makeCheck('sessions50.turnMsP95', quantile(turns, 0.95), n, spread(turns))),
      atMost(0, makeCheck('sessions50.dropped', dropped, n, `bound ${(3 / n).toFixed(3)}`)),
      atMost(
        0,
        makeCheck('sessions50.disordered', disordered, plan.sessions, 'sessions whose log is not in order'),
      ),
    ];
  } finally {
    await stack.stop();
  }
}

function messageOf(nth: number): string {
  return messages[nth % messages.length]?.say ?? '';
}

function spread(values: readonly number[]): string {
  return `median ${(median(values) / 1000).toFixed(2)} s, p99 ${(quantile(values, 0.99) / 1000).toFixed(2)} s; emulated dialogue model`;
}
