// When the log has outgrown the model's budget, and what is then folded into a summary. Owns the plan, the words of the request and the
// fallback that needs no model; the call itself is the host's. Pure.
import { CONTEXT_MESSAGES_MAX } from './assemble-context.ts';
import type { ContextBudget, ContextMessage } from './assemble-context.ts';
import { estimateTokens } from './estimate-tokens.ts';
import type { LoggedMessage, Summary } from './session-state.ts';

/** Folding begins when what no summary covers takes this share of the budget, and goes on until the rest takes the second share. */
const FOLD_ABOVE = 0.9;
const FOLD_TO = 0.4;

/** A summary takes at most this share of the budget, so that the turns after it have room. */
const SUMMARY_SHARE = 0.2;
const SUMMARY_CHARS_MAX = 8_000;

/** Messages folded at once; a longer past is folded in several goes, each after a turn. */
export const FOLD_MESSAGES_MAX = 200;

/** What the extract keeps of each message. */
const EXTRACT_CHARS_MAX = 160;

export interface FoldPlan {
  readonly throughSeq: number;
  /** What the summary may hold, in UTF-16 units. */
  readonly charsMax: number;
  readonly messages: readonly LoggedMessage[];
}

/**
 * Which messages to fold: the oldest that no summary covers, whole turns, so that the rest fits. `uncovered` is the log after the last
 * summary, oldest first. Null when there is nothing to do.
 */
export function planFold(uncovered: Iterable<LoggedMessage>, budget: ContextBudget): FoldPlan | null {
  const messages: LoggedMessage[] = [];
  for (const message of uncovered) {
    if (messages.length >= 2 * FOLD_MESSAGES_MAX) break;
    messages.push(message);
  }
  const costs = messages.map(({ content }) => estimateTokens(content, budget.gauge));
  let left = costs.reduce((sum, cost) => sum + cost, 0);
  // Many small messages outgrow what is read for a turn before they outgrow the window.
  if (left <= FOLD_ABOVE * budget.tokensMax && messages.length <= CONTEXT_MESSAGES_MAX) return null;
  const keptMax = CONTEXT_MESSAGES_MAX / 2;
  const isMuch = (count: number): boolean =>
    left > FOLD_TO * budget.tokensMax || messages.length - count > keptMax;
  let count = 0;
  while (count < FOLD_MESSAGES_MAX && count < messages.length && isMuch(count)) {
    left -= costs[count] ?? 0;
    count += 1;
  }
  // A turn stays whole: its answer goes with its question.
  while (count < messages.length && messages[count]?.turn === messages[count - 1]?.turn) count += 1;
  const throughSeq = messages[count - 1]?.seq;
  if (throughSeq === undefined) return null;
  return { throughSeq, charsMax: summaryChars(budget), messages: messages.slice(0, count) };
}

/** The question to the model. Each message is clipped so that the whole fits into the budget. */
export function askForSummary(
  plan: FoldPlan,
  before: Summary | null,
  budget: ContextBudget,
): readonly ContextMessage[] {
  const charsMax = Math.floor((budget.tokensMax * budget.gauge.words) / 2);
  const eachMax = Math.max(40, Math.floor(charsMax / (plan.messages.length + 1)));
  const told = plan.messages.map(({ role, content }) => `${role}: ${clip(content, eachMax)}`);
  const past = before === null ? [] : [`earlier: ${clip(before.text, eachMax * 2)}`];
  const content = [
    'Summarize this conversation in a few sentences. Keep names, numbers, decisions and open questions.',
    ...past,
    ...told,
  ].join('\n');
  return [{ role: 'user', content }];
}

/** The summary without a model: the beginnings of the newest messages, and what the last summary said, within the bound. */
export function extractSummary(plan: FoldPlan, before: Summary | null): string {
  const lines: string[] = [];
  let left = plan.charsMax;
  for (const { role, content } of plan.messages.toReversed()) {
    const line = `${role}: ${clip(content.replaceAll(/\s+/g, ' ').trim(), EXTRACT_CHARS_MAX)}`;
    left -= line.length + 1;
    if (left < 0) break;
    lines.unshift(line);
  }
  const past = before === null || left < 40 ? '' : clip(before.text, left);
  return [past, ...lines].filter((line) => line !== '').join('\n');
}

/** What a model wrote, within the bound; null when it wrote nothing. */
export function acceptSummary(text: string, plan: FoldPlan): string | null {
  const trimmed = text.trim();
  return trimmed === '' ? null : clip(trimmed, plan.charsMax);
}

function summaryChars({ tokensMax, gauge }: ContextBudget): number {
  return Math.min(SUMMARY_CHARS_MAX, Math.max(80, Math.floor(tokensMax * SUMMARY_SHARE * gauge.words)));
}

/** The first `charsMax` units, never half a surrogate pair. */
function clip(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1).toWellFormed()}…`;
}
