// A code review as a chat: code goes in as fenced blocks of the last message, findings come out as a list. Pure.
import type { ChatMessage } from '../../../src/core/run/run-context.ts';
import type { SourceFile } from './review-types.ts';
import type { ReviewOutput } from './review-schema.ts';

/** Fenced blocks of a message; a message without any is code as a whole. A block's first line may name language and path: "```ts orders.ts". */
export function filesIn(messages: readonly ChatMessage[]): readonly SourceFile[] {
  const text = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const files: SourceFile[] = [];
  let open: { path: string; lines: string[] } | null = null;
  for (const line of text.split('\n')) {
    const fence = /^```\s*(\w*)\s*(\S*)/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === null) open = { path: pathOf(fence[1] ?? '', fence[2] ?? '', files), lines: [] };
    else {
      files.push({ path: open.path, content: open.lines.join('\n') });
      open = null;
    }
  }
  if (open !== null) files.push({ path: open.path, content: open.lines.join('\n') });
  return files.length > 0 ? files : [{ path: 'message', content: text }];
}

const endings: Readonly<Record<string, string>> = {
  apex: 'cls',
  java: 'cls',
  typescript: 'ts',
  javascript: 'js',
};

function pathOf(language: string, path: string, others: readonly SourceFile[]): string {
  const wanted =
    path === '' ? `block-${others.length + 1}.${endings[language] ?? (language || 'txt')}` : path;
  return others.some((other) => other.path === wanted) ? `${others.length + 1}/${wanted}` : wanted;
}

export function listFindings({ findings, summary }: ReviewOutput): string {
  const head =
    findings.length === 0
      ? `Nothing found in ${summary.functions} functions.`
      : `${summary.found} findings in ${summary.files} files, the worst first:`;
  const list = findings.map(
    ({ rank, severity, title, file, line, where, why, fix, agreement }) =>
      `${rank}. **${title}** (${severity}, ${file}:${line}${where === null ? '' : `, ${where}`}; model: ${agreement})\n   ${why}\n   Fix: ${fix}`,
  );
  return [head, ...list, ...summary.notes].join('\n');
}
