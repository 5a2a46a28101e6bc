// What a model is shown: the session's instructions, the summary of what is long past, and the newest turns that fit a budget of tokens,
// each whole. Owns the choice; the estimate of tokens is estimate-tokens.ts. Pure.
import { estimateTokens } from './estimate-tokens.ts';
import type { TokenGauge } from './estimate-tokens.ts';
import type { LoggedMessage, Summary } from './session-state.ts';

/** Messages read for one turn: beyond it a small budget would still read the whole log. */
export const CONTEXT_MESSAGES_MAX = 200;

export interface ContextMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ContextSource {
  readonly instructions: string | null;
  readonly summary: Summary | null;
  /** The log up to the message to be answered, newest first. */
  readonly newestFirst: Iterable<LoggedMessage>;
  /** The message to be answered: it goes whatever its length. */
  readonly userSeq: number;
}

export interface ContextBudget {
  readonly tokensMax: number;
  readonly gauge: TokenGauge;
}

/** A turn's messages in the log: its question, and its answer if there is one. */
interface Exchange {
  readonly turn: string;
  readonly messages: readonly LoggedMessage[];
}

/**
 * Gives what to send, oldest first. Instructions and the message to be answered always go, even beyond the budget: the model, not the
 * session, then says that it is too long. Older turns go newest first, whole or not at all, and none goes past one that was left out.
 * Neighbours of one role are joined, because chat templates that demand alternation would otherwise refuse a session in which a turn was
 * left unanswered.
 */
export function assembleContext(source: ContextSource, budget: ContextBudget): readonly ContextMessage[] {
  const { instructions, userSeq } = source;
  // A turn that is attempted again long after is answered from what came before it, which the summary may be ahead of.
  const summary = (source.summary?.throughSeq ?? 0) < userSeq ? source.summary : null;
  const cost = (text: string): number => (text === '' ? 0 : estimateTokens(text, budget.gauge));
  const exchanges = gatherExchanges(source.newestFirst, summary?.throughSeq ?? 0);
  const question = exchanges.flatMap(({ messages }) => messages).find(({ seq }) => seq === userSeq);
  let left = budget.tokensMax - cost(instructions ?? '') - cost(question?.content ?? '');
  const story = summary === null ? null : tellSummary(summary);
  const told = story !== null && cost(story) <= left ? story : null;
  left -= cost(told ?? '');
  const older = exchanges.filter((exchange) => exchange.turn !== question?.turn);
  const taken = takeWhole(older, left, cost);
  const system = [instructions, told].filter((text) => text !== null).join('\n\n');
  const said = joinNeighbours(question === undefined ? taken : [...taken, question]);
  return system === '' ? said : [{ role: 'system', content: system }, ...said];
}

/** The newest exchanges that fit, oldest first. */
function takeWhole(
  newestFirst: readonly Exchange[],
  tokensMax: number,
  cost: (text: string) => number,
): readonly LoggedMessage[] {
  const taken: LoggedMessage[] = [];
  let left = tokensMax;
  for (const { messages } of newestFirst) {
    left -= messages.reduce((sum, { content }) => sum + cost(content), 0);
    if (left < 0) break;
    taken.unshift(...messages);
  }
  return taken;
}

/** How a summary stands in the context. */
export function tellSummary(summary: Summary): string {
  return `Summary of the conversation so far:\n${summary.text}`;
}

/** Turns newest first, each with its messages in order. An answer whose question is covered or out of reach teaches nothing. */
function gatherExchanges(newestFirst: Iterable<LoggedMessage>, coveredSeq: number): readonly Exchange[] {
  const byTurn = new Map<string, LoggedMessage[]>();
  let read = 0;
  for (const message of newestFirst) {
    if (read >= CONTEXT_MESSAGES_MAX || message.seq <= coveredSeq) break;
    read += 1;
    const messages = byTurn.get(message.turn) ?? [];
    byTurn.set(message.turn, [message, ...messages]);
  }
  const exchanges = [...byTurn].map(([turn, messages]) => ({ turn, messages }));
  const asked = exchanges.filter(({ messages }) => messages[0]?.role === 'user');
  return asked.sort((a, b) => (b.messages[0]?.seq ?? 0) - (a.messages[0]?.seq ?? 0));
}

function joinNeighbours(messages: readonly LoggedMessage[]): readonly ContextMessage[] {
  const context: ContextMessage[] = [];
  for (const { role, content } of messages) {
    const last = context.at(-1);
    if (last?.role === role) context[context.length - 1] = { role, content: `${last.content}\n\n${content}` };
    else context.push({ role, content });
  }
  return context;
}
