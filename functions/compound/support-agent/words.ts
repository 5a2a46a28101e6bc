// What support-agent says that no model writes. Pure.
import type { AgentOutput } from './agent-schema.ts';
import type { HandoverReason } from './decide-move.ts';
import type { Passage } from './rank-facts.ts';
import type { ToolResult } from './tools.ts';

const because: Readonly<Record<HandoverReason, string>> = {
  asked_for_person: 'I will pass you on to a colleague.',
  not_in_help_center: 'I am not sure, so I will pass you on to a colleague.',
  model_unavailable: 'I cannot answer right now, so I will pass you on to a colleague.',
};

export function renderHandover(reason: HandoverReason, ticket: string): string {
  return `${because[reason]} Your ticket is ${ticket}.`;
}

const questions = {
  order: 'Which order is it about? Please send its number, a letter and four digits.',
  product: 'Which lamp do you mean?',
  topic: 'I can help with orders, returns, payment, your account, our lamps and repairs. What is it about?',
} as const;

export function renderQuestion(about: keyof typeof questions): string {
  return questions[about];
}

/** The result of a tool in plain words, for when a model has not said it rightly. */
export function renderResult(result: ToolResult): string {
  const parts = Object.entries(result).map(
    ([name, value]) => `${name.replaceAll('_', ' ')}: ${String(value)}`,
  );
  return `Here is what I found. ${parts.join(', ')}.`;
}

/** The article that a passage is of. */
export function sourceOf({ article, title, score }: Passage): {
  readonly id: string;
  readonly title: string;
  readonly score: number;
} {
  return { id: article, title, score };
}

/** The answer of a chat: what was said, then where it stands. */
export function renderChat(output: AgentOutput): string {
  if (output.kind !== 'answer' || output.sources.length === 0) return output.text;
  return `${output.text}\n\nSource: ${output.sources.map(({ title }) => title).join(', ')}`;
}
