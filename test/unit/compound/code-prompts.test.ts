import { describe, expect, test } from 'vitest';
import {
  codeLabelPrompt,
  codeLabels,
  EXCERPT_CHARS_MAX,
  labelsOf,
  parseCodeLabel,
} from '../../../functions/compound/code-review/prompts.ts';

function codeIn(excerpt: string): string {
  const [prompt] = codeLabelPrompt('apex', excerpt);
  return prompt?.content.split('\n').slice(1).join('\n') ?? '';
}

describe('the code in a prompt', () => {
  test('has the same shape whatever it was indented with', () => {
    const shaped = 'for (Case c : cases) {\n  if (c.Open__c) {\n    update c;\n  }\n}';
    for (const [step, outer] of [
      ['  ', ''],
      ['    ', '        '],
      ['\t', '\t'],
    ] as const) {
      const given = shaped
        .split('\n')
        .map((line) => outer + line.replace(/^ +/, (spaces) => step.repeat(spaces.length / 2)))
        .join('\n');
      expect(codeIn(given)).toBe(shaped);
    }
  });

  test('loses empty lines, and is cut at a line when it is long', () => {
    const given = `first();\n\n\n${'another();\n'.repeat(200)}`;
    const code = codeIn(given);
    expect(code.length).toBeLessThanOrEqual(EXCERPT_CHARS_MAX);
    expect(code.split('\n').slice(0, 2)).toEqual(['first();', 'another();']);
    expect(code.split('\n').at(-1)).toBe('another();');
  });

  test('may be nothing, or one endless line', () => {
    expect(codeIn('')).toBe('');
    expect(codeIn('x'.repeat(5_000))).toHaveLength(EXCERPT_CHARS_MAX);
  });
});

describe('a label', () => {
  test.each(codeLabels)('%s is read bare and in a sentence, and is asked for in some language', (label) => {
    expect(parseCodeLabel(label)).toEqual({ ok: true, value: label });
    expect(parseCodeLabel(`Label: **${label}**`)).toEqual({ ok: true, value: label });
    expect(Object.values(labelsOf).flat()).toContain(label);
  });

  test.each(['', 'looks fine', 'soql-in-loop, dml-in-loop', 'in-loop'])('is not read from %j', (text) => {
    expect(parseCodeLabel(text)).toEqual({ ok: false, error: { kind: 'unreadable', text } });
  });
});
