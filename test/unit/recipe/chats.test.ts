import { describe, expect, test } from 'vitest';
import { EXCERPT_CHARS_MAX, parseCodeLabel } from '../../../functions/compound/code-review/prompts.ts';
import { asked } from '../../../functions/compound/support-agent/knowledge/asked.ts';
import { parseAnswer, parseIntent, PASSAGES_MAX } from '../../../functions/compound/support-agent/prompts.ts';
import { parseToolCall } from '../../../functions/compound/support-agent/tools.ts';
import { codeTask } from '../../../gpu-workers/recipe/code-tasks.ts';
import { findTask } from '../../../gpu-workers/recipe/copy-tasks.ts';
import { Draw } from '../../../gpu-workers/recipe/draw.ts';
import {
  drawForPool,
  HITS_TO_FIND,
  isLost,
  makeNear,
  type Near,
} from '../../../gpu-workers/recipe/near-pool.ts';
import {
  answerTask,
  intentTask,
  madeUpAnswerTask,
  toolTask,
} from '../../../gpu-workers/recipe/support-tasks.ts';
import { toolAnswerTask } from '../../../gpu-workers/recipe/tool-answer-task.ts';
import type { Turn } from '../../../gpu-workers/recipe/tasks.ts';
import { writeChat } from '../../../gpu-workers/recipe/tasks.ts';
import { AgentSearch, embedAll, type Embed } from '../../support/agent-search.ts';
import { garble } from '../../../gpu-workers/recipe/wording.ts';

/** A vector of the letters in a text: nearness enough to draw chats from, without a model. */
const embed: Embed = async (texts) =>
  texts.map((text) =>
    Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => 1 + text.toLowerCase().split(letter).length),
  );

const pool = await poolOf(new Draw(9), 150);

async function poolOf(draw: Draw, count: number): Promise<readonly Near[]> {
  const search = await AgentSearch.open(embed);
  const messages = Array.from({ length: count }, () => drawForPool(draw));
  const vectors = await embedAll(
    embed,
    messages.map(({ text }) => text),
  );
  const found = messages.map(async (message, at) => {
    const vector = vectors[at] ?? new Float32Array();
    return makeNear(draw, message, await search.find(message.text, vector, HITS_TO_FIND));
  });
  return await Promise.all(found);
}

function sample(task: (draw: Draw, from: readonly Near[]) => readonly Turn[]): readonly Turn[] {
  const draw = new Draw(3);
  return Array.from({ length: 400 }, () => task(draw, pool)).flat();
}

describe('what the model is taught', () => {
  test('is the same for the same seed', () => {
    const write = (): string => JSON.stringify(sample(writeChat));
    expect(write()).toBe(write());
  });

  test.each([
    ['labels', intentTask, (answer: string) => parseIntent(answer).ok],
    ['tool calls', toolTask, (answer: string) => parseToolCall(answer).ok],
    ['answers', answerTask, (answer: string) => parseAnswer(answer, PASSAGES_MAX).ok],
    [
      'answers from made-up passages',
      madeUpAnswerTask,
      (answer: string) => parseAnswer(answer, PASSAGES_MAX).ok,
    ],
    ['labels of code', codeTask, (answer: string) => parseCodeLabel(answer).ok],
  ] as const)('are %s that the functions can read', (_, task, isRead) => {
    expect(sample(task).filter(([, answer]) => !isRead(answer))).toEqual([]);
  });

  test.each([answerTask, madeUpAnswerTask, findTask])(
    'are answers that stand in the passage that they name: %o',
    (task) => {
      for (const [question, answer] of sample(task)) {
        const read = parseAnswer(answer, PASSAGES_MAX);
        if (!read.ok || read.value.kind === 'handover') continue;
        const { source, text } = read.value;
        const passage = question.split('\n').find((line) => line.startsWith(`[${source}] `));
        expect(passage).toContain(text);
      }
    },
  );

  test('never has a message find itself among those that were asked before', () => {
    const own = new Map(asked.map(({ text, id }) => [text, id]));
    expect(
      pool.filter(({ text, alike }) => own.has(text) && alike.some((each) => each.text === text)),
    ).toEqual([]);
  });

  test('tells messages whose answer was not found from the others', () => {
    const [lost, found] = [pool.filter(isLost), pool.filter((near) => !isLost(near))];
    expect(lost.every(({ fact, facts }) => fact !== null && !facts.includes(fact))).toBe(true);
    expect(found.every(({ fact, facts }) => fact === null || facts.includes(fact))).toBe(true);
    expect(Math.min(lost.length, found.length)).toBeGreaterThan(0);
  });

  test('are answers that hold what the tool’s result holds', () => {
    for (const [question, answer] of sample(toolAnswerTask)) {
      const order = /"(?:order|product)":"(\w+)"/.exec(question)?.[1] ?? '';
      expect(answer).toContain(order);
    }
  });

  test('is code that is never cut', () => {
    const lengths = sample(codeTask).map(([question]) => question.split('\n').slice(1).join('\n').length);
    expect(Math.max(...lengths)).toBeLessThan(EXCERPT_CHARS_MAX + 120);
  });
});

test('a garbled message keeps order numbers as they are', () => {
  const draw = new Draw(5);
  for (let left = 300; left > 0; left -= 1) {
    expect(garble(draw, 'Where is my order A1042?')).toContain('A1042');
  }
});
