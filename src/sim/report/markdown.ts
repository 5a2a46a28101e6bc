// Tables in Markdown, and blocks of a document that a command writes between markers, so that words around them stay. Pure.

/** The first column is text, the others are aligned to the right like numbers. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, at) => Math.max(4, ...cells.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, at) => (at === 0 ? (row[at] ?? '').padEnd(width) : (row[at] ?? '').padStart(width))).join(' | ')} |`;
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(cells[0] ?? []), `| ${rule.join(' | ')} |`, ...cells.slice(1).map(line)].join('\n');
}

/**
 * Puts `block` between `<!-- made: NAME -->` and `<!-- end: NAME -->`, at the end of the text when it has no such markers. What stands
 * outside of the markers is left as it is.
 */
export function putBlock(text: string, name: string, block: string): string {
  const begin = `<!-- made: ${name} -->`;
  const end = `<!-- end: ${name} -->`;
  const made = `${begin}\n\n${block.trim()}\n\n${end}`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) return `${text === '' ? '' : `${text.trimEnd()}\n\n`}${made}\n`;
  return text.slice(0, from) + made + text.slice(to + end.length);
}
