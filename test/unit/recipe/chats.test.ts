import { describe, expect, test } from 'vitest';
import { EXCERPT_CHARS_MAX, parseCodeLabel } from '../../../functions/compound/code-review/prompts.ts';
import { parseAnswer, parseIntent } from '../../../functions/compound/support-agent/prompts.ts';
import { parseToolCall } from '../../../functions/compound/support-agent/tools.ts';
import { codeTask } from '../../../gpu-workers/recipe/code-tasks.ts';
import { Draw } from '../../../gpu-workers/recipe/draw.ts';
import {
  answerTask,
  intentTask,
  madeUpAnswerTask,
  toolTask,
} from '../../../gpu-workers/recipe/support-tasks.ts';
import { toolAnswerTask } from '../../../gpu-workers/recipe/tool-answer-task.ts';
import type { Turn } from '../../../gpu-workers/recipe/tasks.ts';
import { writeChat } from '../../../gpu-workers/recipe/tasks.ts';
import { garble } from '../../../gpu-workers/recipe/wording.ts';

function sample(task: (draw: Draw) => readonly Turn[]): readonly Turn[] {
  const draw = new Draw(3);
  return Array.from({ length: 400 }, () => task(draw)).flat();
}

describe('what the model is taught', () => {
  test('is the same for the same seed', () => {
    const write = (): string => JSON.stringify(sample(writeChat));
    expect(write()).toBe(write());
  });

  test.each([
    ['labels', intentTask, (answer: string) => parseIntent(answer).ok],
    ['tool calls', toolTask, (answer: string) => parseToolCall(answer).ok],
    ['answers', answerTask, (answer: string) => parseAnswer(answer, 2).ok],
    ['answers from made-up passages', madeUpAnswerTask, (answer: string) => parseAnswer(answer, 2).ok],
    ['labels of code', codeTask, (answer: string) => parseCodeLabel(answer).ok],
  ] as const)('are %s that the functions can read', (_, task, isRead) => {
    expect(sample(task).filter(([, answer]) => !isRead(answer))).toEqual([]);
  });

  test.each([answerTask, madeUpAnswerTask])(
    'are answers that stand in the passage that they name: %o',
    (task) => {
      for (const [question, answer] of sample(task)) {
        const read = parseAnswer(answer, 2);
        if (!read.ok || read.value.kind === 'handover') continue;
        const { source, text } = read.value;
        const passage = question.split('\n').find((line) => line.startsWith(`[${source}]`));
        expect(passage).toContain(text);
      }
    },
  );

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
