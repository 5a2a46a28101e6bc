// A review as its caller gets it: the best findings with the lines that they speak of, sums, and what was left out in plain words. Pure.
import type { Finding } from './rank-findings.ts';
import type { ReviewOutput } from './review-schema.ts';
import { SEVERITIES, type Severity } from './rules.ts';
import type { SourceScan } from './scan-sources.ts';

/** Lines shown before and after the line of a finding. */
const AROUND = 2;

/** One line of an answer: minified code has lines of any length. */
const LINE_CHARS_MAX = 200;

export interface ReviewParts {
  readonly scan: SourceScan;
  readonly findings: readonly Finding[];
  readonly maxFindings: number;
  readonly judged: number;
  /** Why some calls of the model failed, by code; empty when none did. */
  readonly failures: readonly string[];
  linesOf(file: string): readonly string[];
}

export function renderReview(parts: ReviewParts): ReviewOutput {
  const { scan, findings, maxFindings, judged } = parts;
  const shown = findings.slice(0, maxFindings);
  return {
    findings: shown.map((finding) => ({
      ...finding,
      ...codeAround(parts.linesOf(finding.file), finding.line),
    })),
    summary: {
      files: scan.files.length,
      lines: sum(scan.files.map(({ lines }) => lines)),
      functions: sum(scan.files.map(({ chunks }) => chunks)),
      found: findings.length + scan.hitsCut,
      shown: shown.length,
      bySeverity: Object.fromEntries(
        SEVERITIES.map((each) => [each, findings.filter(({ severity }) => severity === each).length]),
      ) as Record<Severity, number>,
      judged,
      notJudged: scan.suspects.length + scan.suspectsCut - judged,
      notes: notesOf(parts),
    },
  };
}

function notesOf({ scan, judged, failures }: ReviewParts): string[] {
  const notes: string[] = [];
  if (scan.suspectsCut > 0) {
    notes.push(
      `The model was asked about the ${scan.suspects.length} most suspicious functions; ${scan.suspectsCut} more were judged by the rules alone.`,
    );
  }
  const missing = scan.suspects.length - judged;
  if (missing > 0) {
    const why = failures.length > 0 ? ` (${[...new Set(failures)].join(', ')})` : '';
    notes.push(
      `${missing} functions could not be judged by the model${why}: for them the rules stand alone.`,
    );
  }
  if (scan.hitsCut > 0)
    notes.push(`${scan.hitsCut} findings of the rules were left out as the least important.`);
  const broken = new Set(scan.hits.filter(({ rule }) => rule === 'syntax-error').map(({ file }) => file));
  if (broken.size > 0)
    notes.push(`${broken.size} of the files did not parse; what stands behind the error may be missing.`);
  return notes;
}

function codeAround(
  lines: readonly string[],
  line: number,
): { readonly code: string; readonly codeLine: number } {
  const codeLine = Math.max(1, Math.min(line, lines.length) - AROUND);
  const code = lines
    .slice(codeLine - 1, line + AROUND)
    .map((text) => text.slice(0, LINE_CHARS_MAX).trimEnd())
    .join('\n');
  return { code, codeLine };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
