// Asks the model what support-agent would ask it, about what was held out of its training, and says which answers were right. Owns the
// questions' passages and what counts as right; not the model.
import type { Article } from '../../../functions/compound/support-agent/knowledge/article.ts';
import { articles, textOf } from '../../../functions/compound/support-agent/knowledge/articles.ts';
import {
  codeLabelPrompt,
  LABEL_TOKENS_MAX,
  parseCodeLabel,
} from '../../../functions/compound/code-review/prompts.ts';
import {
  answerPrompt,
  answerTokensMax,
  intentPrompt,
  parseAnswer,
  parseIntent,
  toolPrompt,
} from '../../../functions/compound/support-agent/prompts.ts';
import { parseToolCall, renderToolCall } from '../../../functions/compound/support-agent/tools.ts';
import { must } from '../../../src/core/base/assert.ts';
import type { HeldOutCode } from './held-out-code.ts';
import type { HeldOutCall, HeldOutMessage } from './held-out-messages.ts';
import type { HeldOutQuestion } from './held-out-questions.ts';
import type { ChatAsk } from './model-process.ts';

export interface Verdict {
  readonly right: boolean;
  /** Whether the answer could be read at all. */
  readonly readable: boolean;
  readonly question: string;
  readonly wanted: string;
  readonly answer: string;
}

export type Ask = (ask: ChatAsk) => Promise<string>;
/** The passages that a question is answered from. */
export type Choose = (question: string) => readonly Article[];

export async function scoreIntent(ask: Ask, { message, intent }: HeldOutMessage): Promise<Verdict> {
  const answer = await ask({ messages: intentPrompt(message), maxTokens: answerTokensMax.intent });
  const read = parseIntent(answer);
  const right = read.ok && read.value === intent;
  return { right, readable: read.ok, question: message, wanted: intent, answer };
}

export async function scoreCall(ask: Ask, { message, call }: HeldOutCall): Promise<Verdict> {
  const answer = await ask({ messages: toolPrompt(message), maxTokens: answerTokensMax.tool });
  const read = parseToolCall(answer);
  const wanted = renderToolCall(call);
  const right = read.ok && renderToolCall(read.value).toLowerCase() === wanted.toLowerCase();
  return { right, readable: read.ok, question: message, wanted, answer };
}

/** Right is what contains the fact and names the passage that it stands in. */
export async function scoreFact(ask: Ask, choose: Choose, held: HeldOutQuestion): Promise<Verdict> {
  const shown = choose(held.message);
  const answer = await askFrom(ask, held.message, shown);
  const read = parseAnswer(answer, shown.length);
  const source = read.ok && read.value.kind === 'answer' ? shown[read.value.source - 1] : undefined;
  const right = held.fact.test(answer) && source?.id === held.article;
  return { right, readable: read.ok, question: held.message, wanted: String(held.fact), answer };
}

/** Right is to answer nothing. */
export async function scoreHandover(ask: Ask, choose: Choose, question: string): Promise<Verdict> {
  const shown = choose(question);
  const answer = await askFrom(ask, question, shown);
  const read = parseAnswer(answer, shown.length);
  const right = read.ok && read.value.kind === 'handover';
  return { right, readable: read.ok, question, wanted: '[0]', answer };
}

export async function scoreCode(ask: Ask, { language, label, code }: HeldOutCode): Promise<Verdict> {
  const answer = await ask({ messages: codeLabelPrompt(language, code), maxTokens: LABEL_TOKENS_MAX });
  const read = parseCodeLabel(answer);
  return { right: read.ok && read.value === label, readable: read.ok, question: code, wanted: label, answer };
}

/** The article that answers and another of its topic, first and second in turn. */
export function withDistractor(held: HeldOutQuestion, at: number): readonly Article[] {
  const right = must(
    articles.find(({ id }) => id === held.article),
    'an article for each question',
  );
  const others = articles.filter(({ id, topic }) => id !== right.id && topic === right.topic);
  const other = must(others[at % others.length], 'another article');
  return at % 2 === 0 ? [right, other] : [other, right];
}

function askFrom(ask: Ask, question: string, shown: readonly Article[]): Promise<string> {
  const messages = answerPrompt(question, shown.map(textOf));
  return ask({ messages, maxTokens: answerTokensMax.answer });
}
