// What code-review asks a model about a piece of code, and how it reads the answer. The labels are the ids of the static rules without
// their language, so that both can be compared. Pure.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { Language } from './review-types.ts';

export interface PromptMessage {
  readonly role: 'user';
  readonly content: string;
}

/** The anti-patterns that the embedded model was taught; `ok` for none. */
export const codeLabels = [
  'soql-in-loop',
  'dml-in-loop',
  'soql-injection',
  'hard-coded-id',
  'nested-loop',
  'empty-catch',
  'await-in-loop',
  'any',
  'ok',
] as const;
export type CodeLabel = (typeof codeLabels)[number];

/** As much code as the embedded model can judge: about 200 of its tokens. Longer pieces are cut at a line. */
export const EXCERPT_CHARS_MAX = 640;
export const LABEL_TOKENS_MAX = 12;

/** Labels that can come up in a language. */
export const labelsOf: Readonly<Record<Language, readonly CodeLabel[]>> = {
  apex: [
    'soql-in-loop',
    'dml-in-loop',
    'soql-injection',
    'hard-coded-id',
    'nested-loop',
    'empty-catch',
    'ok',
  ],
  typescript: ['nested-loop', 'empty-catch', 'await-in-loop', 'any', 'ok'],
};

/** `excerpt`: a function, or the lines around a suspicion; its indentation is taken off here. */
export function codeLabelPrompt(language: Language, excerpt: string): readonly PromptMessage[] {
  const content = `Label the code: ${labelsOf[language].join(', ')}.\n${cutAtLine(dedent(excerpt))}`;
  return [{ role: 'user', content }];
}

export function parseCodeLabel(
  text: string,
): Result<CodeLabel, { readonly kind: 'unreadable'; readonly text: string }> {
  const words = new Set(text.toLowerCase().match(/[a-z]+(?:-[a-z]+)*/g) ?? []);
  const [label, ...others] = codeLabels.filter((each) => words.has(each));
  return label === undefined || others.length > 0
    ? err({ kind: 'unreadable', text: text.slice(0, 200) })
    : ok(label);
}

/** Two spaces a level, whatever it was: fewer tokens, and one shape to learn. */
function dedent(code: string): string {
  const lines = code
    .replaceAll('\t', '    ')
    .split('\n')
    .map((line) => line.trimEnd());
  const widths = lines.filter((line) => line !== '').map((line) => line.length - line.trimStart().length);
  const least = Math.min(...widths);
  const steps = widths.map((width) => width - least).filter((width) => width > 0);
  const step = steps.length === 0 ? 2 : Math.min(...steps);
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const width = line.length - line.trimStart().length - least;
      return ' '.repeat(Math.round((width / step) * 2)) + line.trimStart();
    })
    .join('\n');
}

function cutAtLine(code: string): string {
  if (code.length <= EXCERPT_CHARS_MAX) return code;
  const end = code.lastIndexOf('\n', EXCERPT_CHARS_MAX);
  return code.slice(0, end > 0 ? end : EXCERPT_CHARS_MAX);
}
