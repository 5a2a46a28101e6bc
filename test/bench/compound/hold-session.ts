// One session of support-agent: turn after turn, each sent when the last one is answered. Owns what a turn's time is and what counts as
// dropped or out of order.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawStack } from '../../support/raw-stack.ts';

export interface SessionTalk {
  /** What is asked, in order. */
  readonly contents: readonly string[];
  readonly startAfterMs: number;
  /** Between an answer and the next question. */
  readonly thinkMs: (turn: number) => number;
}

export interface SessionResult {
  /** Of the turns that were answered. */
  readonly turnsMs: readonly number[];
  /** Null where the turn was dropped. */
  readonly answers: readonly (string | null)[];
  /** The log holds every question and an answer to each, in the order in which they were asked. */
  readonly inOrder: boolean;
}

export async function holdSession(stack: RawStack, talk: SessionTalk): Promise<SessionResult> {
  await sleep(talk.startAfterMs);
  const { id } = (await post(stack, '/v1/sessions', { model: 'function:support-agent' })) as { id: string };
  const turnsMs: number[] = [];
  const answers: (string | null)[] = [];
  for (const [turn, content] of talk.contents.entries()) {
    const startedMs = performance.now();
    const reply = (await post(stack, `/v1/sessions/${id}/messages`, { content })) as {
      messages?: readonly LoggedMessage[];
    };
    const [, answer] = reply.messages ?? [];
    if (answer === undefined) console.log(`  a turn was dropped: ${JSON.stringify(reply).slice(0, 200)}`);
    else turnsMs.push(performance.now() - startedMs);
    answers.push(answer?.content ?? null);
    await sleep(talk.thinkMs(turn));
  }
  return { turnsMs, answers, inOrder: isInOrder(await readLog(stack, id), talk.contents) };
}

interface LoggedMessage {
  readonly seq: number;
  readonly role: string;
  readonly content: string;
}

function isInOrder(log: readonly LoggedMessage[], contents: readonly string[]): boolean {
  const questions = log.filter(({ role }) => role === 'user').map(({ content }) => content);
  const alternates = log.every(
    ({ role, seq }, index) => seq === index + 1 && role === (index % 2 === 0 ? 'user' : 'assistant'),
  );
  return alternates && JSON.stringify(questions) === JSON.stringify(contents);
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
