import { describe, expect, test } from 'vitest';
import { articles, textOf } from '../../../functions/compound/support-agent/knowledge/articles.ts';
import {
  accountQuestions,
  productQuestions,
  repairQuestions,
} from '../../../gpu-workers/recipe/questions-lamps.ts';
import { paymentQuestions } from '../../../gpu-workers/recipe/questions-payment.ts';
import { orderQuestions, returnQuestions } from '../../../gpu-workers/recipe/questions-shop.ts';
import * as words from '../../../gpu-workers/recipe/support-words.ts';
import { heldOutCalls, heldOutMessages, unanswerable } from '../../bench/answers/held-out-messages.ts';
import { heldOutQuestions } from '../../bench/answers/held-out-questions.ts';

const byArticle = {
  ...orderQuestions,
  ...returnQuestions,
  ...paymentQuestions,
  ...accountQuestions,
  ...productQuestions,
  ...repairQuestions,
};
const templates: readonly string[] = [...Object.values(byArticle).flat(2), ...Object.values(words).flat()];

/** Everything that a template can become, as a pattern. */
function patternOf(template: string): RegExp {
  const escaped = template.replaceAll(/[.*+?^$()[\]\\]/g, String.raw`\$&`);
  const choices = escaped.replaceAll(/\{([^{}]*)\}/g, '(?:$1)').replaceAll(/ +/g, ' *');
  return new RegExp(`^${choices.replaceAll(/[#@]/g, String.raw`#?\w+`)}$`, 'i');
}

const patterns = templates.map(patternOf);

function taught(message: string): boolean {
  return patterns.some((pattern) => pattern.test(message) || pattern.test(message.replace(/[?.!]+$/, '')));
}

describe('what the model is measured on', () => {
  test('is nothing that the recipe can write', () => {
    const messages = [...heldOutQuestions, ...heldOutMessages, ...heldOutCalls].map(({ message }) => message);
    expect([...messages, ...unanswerable].filter(taught)).toEqual([]);
  });

  test('would be found here if it were', () => {
    expect(taught('How long does delivery take?')).toBe(true);
    expect(taught('Where is my parcel B7731?')).toBe(true);
  });

  test('are questions that the named article answers, each once, over all articles', () => {
    const texts = new Map(articles.map((article) => [article.id, textOf(article)]));
    for (const { message, article, fact } of heldOutQuestions) {
      expect([message, fact.test(texts.get(article) ?? '')]).toEqual([message, true]);
    }
    expect(new Set(heldOutQuestions.map(({ message }) => message)).size).toBe(heldOutQuestions.length);
    expect(new Set(heldOutQuestions.map(({ article }) => article))).toEqual(new Set(texts.keys()));
    expect(heldOutQuestions.length).toBeGreaterThanOrEqual(120);
    expect(heldOutCalls.length).toBeGreaterThanOrEqual(40);
  });
});

describe('the help centre', () => {
  test('has questions to learn from for every sentence', () => {
    const counts = (entries: readonly (readonly [string, readonly unknown[]])[]): unknown =>
      Object.fromEntries(entries.map(([id, list]) => [id, list.length]));
    expect(counts(Object.entries(byArticle))).toEqual(
      counts(articles.map(({ id, sentences }) => [id, sentences])),
    );
  });

  test('has short passages with ids of their own', () => {
    expect(new Set(articles.map(({ id }) => id)).size).toBe(articles.length);
    for (const article of articles) expect(textOf(article).split(' ').length).toBeLessThanOrEqual(45);
  });
});
