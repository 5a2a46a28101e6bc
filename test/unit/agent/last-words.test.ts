import { expect, test } from 'vitest';
import { LastWords } from '../../../gpu-workers/agent/last-words.ts';

function explain(...pieces: readonly string[]): string {
  const words = new LastWords();
  for (const piece of pieces) words.hear(piece);
  return words.explain('exit code 1');
}

test('a process that said nothing is explained by how it ended', () => {
  expect(explain()).toBe('exit code 1');
  expect(explain('\n \n')).toBe('exit code 1');
});

test('the last line says why, however it came in pieces', () => {
  expect(explain('loading\nno su', 'ch file\n')).toBe('exit code 1: no such file');
});

test('a stack trace and the farewell of Node are not the reason', () => {
  const crash = `file.ts:1\nError: out of memory\n    at load (a.ts:1:2)\n    at b.ts:3:4 {\n}\n\nNode.js v22.1.0\n`;
  expect(explain(crash)).toBe('exit code 1: Error: out of memory');
});

test('however much a process says, the reason stays short and is the end of it', () => {
  const reason = explain(
    ...Array.from({ length: 1_000 }, (_, at) => `${at} ${'x'.repeat(300)}\n`),
    'the end',
  );
  expect(reason).toBe('exit code 1: the end');
  expect(explain('y'.repeat(1_000_000)).length).toBeLessThan(600);
});
