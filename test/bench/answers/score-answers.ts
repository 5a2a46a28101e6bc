// Asks the model what support-agent would ask it, about what was held out of its training, and says which answers were right. Owns the
// questions' passages and what counts as right; not the model.
import { answerFormat, toolFormat } from '../../../functions/compound/support-agent/choices.ts';
import { NEAR } from '../../../functions/compound/support-agent/decide-move.ts';
import {
  codeLabelPrompt,
  LABEL_TOKENS_MAX,
  parseCodeLabel,
} from '../../../functions/compound/code-review/prompts.ts';
import {
  answerPrompt,
  answerTokensMax,
  HANDOVER_TEXT,
  intentPrompt,
  parseAnswer,
  parseIntent,
  toolPrompt,
} from '../../../functions/compound/support-agent/prompts.ts';
import {
  agreedIntent,
  closest,
  examplesOf,
  rankFacts,
  type Passage,
} from '../../../functions/compound/support-agent/rank-facts.ts';
import { parseToolCall, renderToolCall } from '../../../functions/compound/support-agent/tools.ts';
import type { HeldOutCode } from './held-out-code.ts';
import type { HeldOutCall, HeldOutMessage } from './held-out-messages.ts';
import type { HeldOutQuestion } from './held-out-questions.ts';
import type { ChatAsk } from './model-process.ts';
import type { Retrieve } from './nearest.ts';

export interface Verdict {
  readonly right: boolean;
  /** Whether the answer could be read at all. */
  readonly readable: boolean;
  readonly question: string;
  readonly wanted: string;
  readonly answer: string;
}

export type Ask = (ask: ChatAsk) => Promise<string>;

export async function scoreIntent(
  ask: Ask,
  retrieve: Retrieve,
  { message, intent }: HeldOutMessage,
): Promise<Verdict> {
  const { asked } = retrieve(message);
  const agreed = agreedIntent(asked);
  if (agreed !== null)
    return { right: agreed === intent, readable: true, question: message, wanted: intent, answer: agreed };
  const messages = intentPrompt(message, examplesOf(asked));
  const answer = await ask({ messages, maxTokens: answerTokensMax.intent });
  const read = parseIntent(answer);
  const right = read.ok && read.value === intent;
  return { right, readable: read.ok, question: message, wanted: intent, answer };
}

export async function scoreCall(ask: Ask, { message, call }: HeldOutCall): Promise<Verdict> {
  const format = toolFormat(message);
  const answer = await ask({ messages: toolPrompt(message), maxTokens: answerTokensMax.tool, format });
  const read = parseToolCall(answer);
  const wanted = renderToolCall(call);
  const right = read.ok && renderToolCall(read.value).toLowerCase() === wanted.toLowerCase();
  return { right, readable: read.ok, question: message, wanted, answer };
}

/** Right is what contains the fact and names the passage that it stands in. */
export async function scoreFact(ask: Ask, retrieve: Retrieve, held: HeldOutQuestion): Promise<Verdict> {
  const shown = passagesFor(retrieve, held.message);
  const answer = await askFrom(ask, held.message, shown);
  const read = parseAnswer(answer, shown.length);
  const source = read.ok && read.value.kind === 'answer' ? shown[read.value.source - 1] : undefined;
  const right = held.fact.test(answer) && source?.article === held.article;
  return { right, readable: read.ok, question: held.message, wanted: String(held.fact), answer };
}

/** Right is to answer nothing. */
export async function scoreHandover(ask: Ask, retrieve: Retrieve, question: string): Promise<Verdict> {
  const shown = passagesFor(retrieve, question);
  const answer = await askFrom(ask, question, shown);
  const read = parseAnswer(answer, shown.length);
  const right = read.ok && read.value.kind === 'handover';
  return { right, readable: read.ok, question, wanted: HANDOVER_TEXT, answer };
}

export async function scoreCode(ask: Ask, { language, label, code }: HeldOutCode): Promise<Verdict> {
  const answer = await ask({ messages: codeLabelPrompt(language, code), maxTokens: LABEL_TOKENS_MAX });
  const read = parseCodeLabel(answer);
  return { right: read.ok && read.value === label, readable: read.ok, question: code, wanted: label, answer };
}

/** What the agent would show the model first. */
function passagesFor(retrieve: Retrieve, question: string): readonly Passage[] {
  return closest(rankFacts(retrieve(question)).filter(({ score }) => score >= NEAR));
}

/** Without a passage that is near the agent asks no model. */
async function askFrom(ask: Ask, question: string, shown: readonly Passage[]): Promise<string> {
  if (shown.length === 0) return HANDOVER_TEXT;
  const passages = shown.map(({ text }) => text);
  const format = answerFormat(passages);
  return ask({ messages: answerPrompt(question, passages), maxTokens: answerTokensMax.answer, format });
}
