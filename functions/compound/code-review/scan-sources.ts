// Scans all files of a review, one after another, and keeps what the rest of the review needs: a bounded list of hits and the chunks that
// are worth a model's time. Its result goes into the run's journal, so it holds no source text.
import {
  HITS_MAX,
  type Chunk,
  type FileScan,
  type Hit,
  type Language,
  type SourceFile,
} from './review-types.ts';
import { SEVERITIES, textOf, type Severity } from './rules.ts';
import { languageOf, scanFile } from './scan-file.ts';

export type Suspect = Chunk & {
  /** How much points at it: rules that fired, how bad, how hot. */
  readonly suspicion: number;
};

export type SourceScan = {
  readonly files: readonly {
    readonly path: string;
    readonly language: Language;
    readonly lines: number;
    readonly chunks: number;
  }[];
  readonly hits: readonly Hit[];
  /** Hits beyond the bound. */
  readonly hitsCut: number;
  readonly suspects: readonly Suspect[];
  /** Chunks that would have been worth it too. */
  readonly suspectsCut: number;
};

export interface ScanOptions {
  readonly language?: Language | undefined;
  readonly suspectsMax: number;
}

export async function scanSources(files: readonly SourceFile[], options: ScanOptions): Promise<SourceScan> {
  const scans: FileScan[] = [];
  for (const file of files) {
    scans.push(await scanFile(file, options.language ?? languageOf(file)));
    // Parsing holds the thread; others of this isolate get their turn between files.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return sumUp(scans, options.suspectsMax);
}

/** The worst hits and the most suspicious chunks first; ties go by file and line, so that the same files give the same scan. */
export function sumUp(scans: readonly FileScan[], suspectsMax: number): SourceScan {
  const hits = scans
    .flatMap((scan) => scan.hits)
    .toSorted((a, b) => weightOf(b) - weightOf(a) || compare(a, b));
  const suspects = scans
    .flatMap((scan) => suspectsOf(scan))
    .toSorted((a, b) => b.suspicion - a.suspicion || compare(a, b));
  return {
    files: scans.map(({ path, language, lines, chunks }) => ({
      path,
      language,
      lines,
      chunks: chunks.length,
    })),
    hits: hits.slice(0, HITS_MAX),
    hitsCut: Math.max(0, hits.length - HITS_MAX),
    suspects: suspects.slice(0, suspectsMax),
    suspectsCut: Math.max(0, suspects.length - suspectsMax),
  };
}

const severityWeights: Readonly<Record<Severity, number>> = { critical: 8, high: 4, medium: 2, low: 0.5 };

export function severityWeight(severity: Severity): number {
  return severityWeights[severity];
}

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** How much a hit weighs: how bad, how sure, how hot. Each loop around it makes it half as bad again. */
export function weightOf({
  rule,
  confidence,
  loopDepth,
}: Pick<Hit, 'rule' | 'confidence' | 'loopDepth'>): number {
  return severityWeights[textOf(rule).severity] * confidence * (1 + 0.5 * loopDepth);
}

/** A chunk that no rule speaks of is suspected a little when it loops: this is where rules miss most. */
const QUIET_LOOP = 0.4;

function suspectsOf({ chunks, hits }: FileScan): readonly Suspect[] {
  const weights = new Map<string, number>();
  for (const hit of hits) {
    if (hit.chunk === null || hit.rule === 'syntax-error') continue;
    weights.set(hit.chunk, (weights.get(hit.chunk) ?? 0) + weightOf(hit));
  }
  return chunks
    .map((chunk) => ({ ...chunk, suspicion: weights.get(chunk.name) ?? QUIET_LOOP * chunk.loopDepth }))
    .filter(({ suspicion }) => suspicion > 0);
}

function compare(a: Chunk | Hit, b: Chunk | Hit): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return placeOf(a) - placeOf(b);
}

function placeOf(each: Chunk | Hit): number {
  return 'line' in each ? each.line : each.firstLine;
}
