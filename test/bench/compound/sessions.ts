// Many sessions of support-agent at once: how long a turn takes, and that nothing is dropped and every session keeps its order.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCheck, median, quantile, type Check } from '../../../src/cli/checks.ts';
import { startRawStack, type RawStack } from '../../support/raw-stack.ts';
import { agentModels, messages } from './agent-models.ts';
import { atMost } from './bars.ts';

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
    const results = await Promise.all(
      Array.from({ length: plan.sessions }, (_, at) => holdSession(stack, at, plan.turns)),
    );
    const turns = results.flatMap(({ turnsMs }) => turnsMs);
    const dropped = results.reduce((sum, { dropped: each }) => sum + each, 0);
    const disordered = results.reduce((sum, { disordered: each }) => sum + each, 0);
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

interface SessionResult {
  readonly turnsMs: readonly number[];
  readonly dropped: number;
  readonly disordered: number;
}

async function holdSession(stack: RawStack, at: number, turns: number): Promise<SessionResult> {
  // People come one after another, over the time of about one turn.
  await sleep(at * 80);
  const { id } = (await post(stack, '/v1/sessions', { model: 'function:support-agent' })) as { id: string };
  const turnsMs: number[] = [];
  const asked: string[] = [];
  let dropped = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const content = messages[(at + turn) % messages.length]?.say ?? '';
    asked.push(content);
    const startedMs = performance.now();
    const answer = (await post(stack, `/v1/sessions/${id}/messages`, { content })) as {
      messages?: readonly unknown[];
    };
    if (answer.messages?.length === 2) turnsMs.push(performance.now() - startedMs);
    else {
      dropped += 1;
      console.log(`  a turn was dropped: ${JSON.stringify(answer).slice(0, 200)}`);
    }
    await sleep(thinkMs + ((at * 7 + turn * 13) % thinkMs));
  }
  const log = await readLog(stack, id);
  const questions = log.filter(({ role }) => role === 'user').map(({ content }) => content);
  const alternates = log.every(
    ({ role, seq }, index) => seq === index + 1 && role === (index % 2 === 0 ? 'user' : 'assistant'),
  );
  const inOrder = alternates && JSON.stringify(questions) === JSON.stringify(asked);
  return { turnsMs, dropped, disordered: inOrder ? 0 : 1 };
}

interface LoggedMessage {
  readonly seq: number;
  readonly role: string;
  readonly content: string;
}

async function readLog(stack: RawStack, id: string): Promise<readonly LoggedMessage[]> {
  const response = await fetch(`${stack.url}/v1/sessions/${id}/messages`, {
    headers: { authorization: `Bearer ${stack.key}` },
  });
  return ((await response.json()) as { data: readonly LoggedMessage[] }).data;
}

async function post(stack: RawStack, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return await response.json();
}

function spread(values: readonly number[]): string {
  return `median ${(median(values) / 1000).toFixed(2)} s, p99 ${(quantile(values, 0.99) / 1000).toFixed(2)} s; emulated dialogue model`;
}
