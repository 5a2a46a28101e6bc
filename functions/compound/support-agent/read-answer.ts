// Reads what the model answered from passages. An answer counts when it names its passage and says what stands there. Pure.
import { COPIED_MIN, isSupported } from './check-answer.ts';
import { parseAnswer } from './prompts.ts';
import type { Passage } from './rank-facts.ts';

export interface SourcedAnswer {
  readonly text: string;
  readonly source: Passage;
}

/** Null when the model was not sure, could not be read, or said what no passage supports. */
export function readAnswer(said: string, passages: readonly Passage[]): SourcedAnswer | null {
  const answer = parseAnswer(said, passages.length);
  if (!answer.ok || answer.value.kind === 'handover') return null;
  const { source: number, text } = answer.value;
  const source = passages[number - 1];
  if (source === undefined || !isSupported(text, source.text, COPIED_MIN)) return null;
  return { text, source };
}
