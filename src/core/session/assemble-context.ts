// The part of the log that a model is shown: the newest messages that fit a budget of characters, older ones left out whole.
// The budget is a stand-in for the model's window; counting tokens is not done here. Pure.
import type { LoggedMessage } from './session-state.ts';

/** Messages read for one turn: beyond it a small budget would still read the whole log. */
export const CONTEXT_MESSAGES_MAX = 200;

export interface ContextMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/**
 * Takes the log newest first and returns what to send, oldest first. The newest message always goes, even alone beyond the
 * budget: the model, not the session, then says that it is too long. Neighbours of one role are joined, because chat templates
 * that demand alternation would otherwise refuse a session in which a turn was left unanswered.
 */
export function assembleContext(
  newestFirst: Iterable<LoggedMessage>,
  charsMax: number,
): readonly ContextMessage[] {
  const taken: LoggedMessage[] = [];
  let chars = 0;
  for (const message of newestFirst) {
    chars += message.content.length;
    if (taken.length > 0 && (chars > charsMax || taken.length >= CONTEXT_MESSAGES_MAX)) break;
    taken.push(message);
  }
  const context: ContextMessage[] = [];
  for (const { role, content } of taken.toReversed()) {
    const last = context.at(-1);
    if (last?.role === role) context[context.length - 1] = { role, content: `${last.content}\n\n${content}` };
    else context.push({ role, content });
  }
  // An answer without its question teaches the model nothing, and templates want the user to begin.
  return context[0]?.role === 'assistant' && context.length > 1 ? context.slice(1) : context;
}
