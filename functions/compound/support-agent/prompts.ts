// What support-agent says to its models and how it reads their answers. The words are short because the embedded model was trained on
// exactly these, and plain enough for any larger one. Every prompt is one user message. Pure.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import { readObject } from './read-object.ts';
import { toolNames, type ToolResult } from './tools.ts';

export interface PromptMessage {
  readonly role: 'user';
  readonly content: string;
}

export const topics = ['orders', 'returns', 'payment', 'account', 'product', 'repair'] as const;
export type Topic = (typeof topics)[number];
/** What a message is about: a topic of the help centre, a wish for a person, or neither. */
export const intents = [...topics, 'human', 'other'] as const;
export type Intent = (typeof intents)[number];

/** The embedded model holds 512 tokens with its answer; these keep the longest prompt inside for ordinary words. */
export const MESSAGE_CHARS_MAX = 280;
export const PASSAGE_CHARS_MAX = 240;
/** The first four hold the answer nearly always; each further one is a chance to answer wrongly. */
export const PASSAGES_MAX = 4;
export const EXAMPLE_CHARS_MAX = 100;
export const EXAMPLES_MAX = 4;
/** Tokens that the longest good answer of each kind takes. */
export const answerTokensMax = { intent: 6, tool: 40, answer: 90 } as const;

/** How the model says that no passage answers. */
export const HANDOVER_TEXT = '{"answer":null}';

/** A message that was asked before, and what it was about. */
export interface Example {
  readonly text: string;
  readonly intent: Intent;
}

export type Answer =
  | { readonly kind: 'answer'; readonly source: number; readonly text: string }
  | { readonly kind: 'handover' };

export interface UnreadableAnswer {
  readonly kind: 'unreadable';
  readonly text: string;
}

/** `examples`: messages like this one with their labels, nearest first. */
export function intentPrompt(message: string, examples: readonly Example[]): readonly PromptMessage[] {
  const shown = examples
    .slice(0, EXAMPLES_MAX)
    .map(({ text, intent }) => `${intent}: ${clip(text, EXAMPLE_CHARS_MAX)}`);
  return say(
    `Label the message: ${intents.join(', ')}.`,
    ...shown,
    `Message: ${clip(message, MESSAGE_CHARS_MAX)}`,
  );
}

export function toolPrompt(message: string): readonly PromptMessage[] {
  return say(
    `Choose a tool as JSON: ${toolNames.join(', ')}.`,
    `Message: ${clip(message, MESSAGE_CHARS_MAX)}`,
  );
}

/** Passages are numbered from 1 in the order given; the answer names one of these numbers. */
export function answerPrompt(question: string, passages: readonly string[]): readonly PromptMessage[] {
  const numbered = passages
    .slice(0, PASSAGES_MAX)
    .map((passage, at) => `[${at + 1}] ${clip(passage, PASSAGE_CHARS_MAX)}`);
  return say(
    'Answer as JSON with a sentence from the passages and its number, or with null.',
    ...numbered,
    `Question: ${clip(question, MESSAGE_CHARS_MAX)}`,
  );
}

export function toolAnswerPrompt(question: string, result: ToolResult): readonly PromptMessage[] {
  return say(
    'Answer the customer from the result.',
    `Result: ${clip(JSON.stringify(result), PASSAGE_CHARS_MAX)}`,
    `Question: ${clip(question, MESSAGE_CHARS_MAX)}`,
  );
}

/** The label in what the model wrote; a larger model may put words around it. */
export function parseIntent(text: string): Result<Intent, UnreadableAnswer> {
  const words: readonly string[] = text.toLowerCase().match(/[a-z]+/g) ?? [];
  const found = intents.find((intent) => intent === words[0]) ?? onlyOne(words);
  return found === null ? unreadable(text) : ok(found);
}

export function renderAnswer(text: string, source: number): string {
  return JSON.stringify({ answer: text, source });
}

/** `sources`: how many passages the prompt had. A number in brackets before plain words is understood as well. */
export function parseAnswer(text: string, sources: number): Result<Answer, UnreadableAnswer> {
  const said = readObject(text) ?? readBrackets(text);
  if (said === null) return unreadable(text);
  const { answer, source } = said;
  if (answer === null || source === 0) return ok({ kind: 'handover' });
  if (typeof answer !== 'string' || answer.trim() === '' || typeof source !== 'number')
    return unreadable(text);
  const isGiven = Number.isInteger(source) && source >= 1 && source <= sources;
  return isGiven ? ok({ kind: 'answer', source, text: answer.trim() }) : unreadable(text);
}

function readBrackets(text: string): { readonly answer?: unknown; readonly source?: unknown } | null {
  const [, number, answer = ''] = /^\s*\[(\d+)\]\s*([\s\S]*)$/.exec(text) ?? [];
  return number === undefined ? null : { answer, source: Number(number) };
}

function onlyOne(words: readonly string[]): Intent | null {
  const named = intents.filter((intent) => words.includes(intent));
  return named.length === 1 ? (named[0] ?? null) : null;
}

function unreadable(text: string): Result<never, UnreadableAnswer> {
  return err({ kind: 'unreadable', text: text.slice(0, 200) });
}

function say(...lines: readonly string[]): readonly PromptMessage[] {
  return [{ role: 'user', content: lines.join('\n') }];
}

/** On one line, so that a customer's text cannot open a line of its own in the prompt. */
function clip(text: string, chars: number): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, chars);
}
