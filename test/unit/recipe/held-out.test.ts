import { describe, expect, test } from 'vitest';
import { intents } from '../../../functions/compound/support-agent/prompts.ts';
import { articles, textOf } from '../../../functions/compound/support-agent/knowledge/articles.ts';
import { said } from '../../../functions/compound/support-agent/knowledge/said/all-said.ts';
import { saidBeside } from '../../../functions/compound/support-agent/knowledge/said/beside.ts';
import { questions } from '../../../functions/compound/support-agent/knowledge/ways/all-ways.ts';
import * as words from '../../../functions/compound/support-agent/knowledge/ways/beside.ts';
import { asked } from '../../../functions/compound/support-agent/knowledge/asked.ts';
import { facts } from '../../../functions/compound/support-agent/knowledge/facts.ts';
import { heldOutCalls, heldOutMessages, unanswerable } from '../../bench/answers/held-out-messages.ts';
import { heldOutQuestions } from '../../bench/answers/held-out-questions.ts';

const templates: readonly string[] = [...Object.values(questions).flat(2), ...Object.values(words).flat()];

/** Everything that a template can become, as a pattern. */
function patternOf(template: string): RegExp {
  const escaped = template.replaceAll(/[.*+?^$()[\]\\]/g, String.raw`\$&`);
  const choices = escaped.replaceAll(/\{([^{}]*)\}/g, '(?:$1)').replaceAll(/ +/g, ' *');
  return new RegExp(`^${choices.replaceAll(/[#@]/g, String.raw`#?\w+`)}$`, 'i');
}

const patterns = templates.map(patternOf);
const written = [...Object.values(said).flat(2), ...Object.values(saidBeside).flat()];
const askedBefore = new Set([...asked.map(({ text }) => text), ...written].map(bare));

/** Without what a hurried hand leaves out. */
function bare(message: string): string {
  return message
    .toLowerCase()
    .replaceAll(/[^a-z0-9 ]/g, '')
    .trim();
}

function taught(message: string): boolean {
  if (askedBefore.has(bare(message))) return true;
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
    expect(taught(asked[0]?.text ?? '')).toBe(true);
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
    const wanted = counts(articles.map(({ id, sentences }) => [id, sentences]));
    expect(counts(Object.entries(questions))).toEqual(wanted);
    expect(counts(Object.entries(said))).toEqual(wanted);
  });

  test('has messages for every fact and every label that were asked before, none twice', () => {
    expect(new Set(asked.flatMap(({ fact }) => (fact === null ? [] : [fact])))).toEqual(
      new Set(facts.map(({ id }) => id)),
    );
    expect(new Set(asked.map(({ intent }) => intent))).toEqual(new Set(intents));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(asked.length);
    expect(new Set(asked.map(({ text }) => bare(text))).size).toBe(asked.length);
  });

  test('has short passages with ids of their own', () => {
    expect(new Set(articles.map(({ id }) => id)).size).toBe(articles.length);
    for (const article of articles) expect(textOf(article).split(' ').length).toBeLessThanOrEqual(45);
  });
});
