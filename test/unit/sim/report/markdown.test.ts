// Tables and the blocks of a document that a command owns.
import { describe, expect, test } from 'vitest';
import { putBlock, renderTable } from '../../../../src/sim/report/markdown.ts';

test('a table has its columns in line, and a bar in a cell does not end it', () => {
  expect(renderTable(['a', 'hours'], [['x|y', '1.5']])).toBe(
    ['| a    | hours |', '| ---- | ----: |', '| x\\|y |   1.5 |'].join('\n'),
  );
});

describe('a block between markers', () => {
  const first = putBlock('# Title\n', 'hot', 'one');

  test('comes at the end of a document that does not have it', () => {
    expect(first).toBe('# Title\n\n<!-- made: hot -->\n\none\n\n<!-- end: hot -->\n');
    expect(putBlock('', 'hot', 'one')).toBe('<!-- made: hot -->\n\none\n\n<!-- end: hot -->\n');
  });

  test('is replaced where it stands, and the words around it stay', () => {
    const edited = `${putBlock(first, 'park', 'two')}last words\n`;
    expect(putBlock(edited, 'hot', 'new')).toBe(edited.replace('one', 'new'));
  });

  test('written twice is written once', () => {
    expect(putBlock(first, 'hot', 'one')).toBe(first);
  });
});
