// Puts together what the rules found and what the model said, keeps the two apart, and ranks: how bad, how sure, how hot. Pure.
import { chunkKey, type Chunk, type Hit } from './review-types.ts';
import { labelsOf, type CodeLabel } from './prompts.ts';
import { rules, textOf, type RuleId, type Severity } from './rules.ts';
import { severityWeight } from './scan-sources.ts';

/** What the model said of one chunk. */
export interface Verdict {
  /** `ok`, the short name of a rule, or null when its answer could not be read. */
  readonly label: CodeLabel | null;
  readonly says: string;
  /** The version that said it. */
  readonly version: string;
}

export type Agreement = 'agree' | 'disagree' | 'says-other' | 'unclear' | 'not-judged' | 'model-alone';

export interface Finding {
  readonly rank: number;
  readonly title: string;
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  /** The function or method. */
  readonly where: string | null;
  readonly loopDepth: number;
  readonly score: number;
  readonly why: string;
  readonly fix: string;
  readonly rule: { readonly id: RuleId; readonly confidence: number; readonly detail: string } | null;
  readonly model: Verdict | null;
  readonly agreement: Agreement;
}

/** How the model's word moves the confidence of a rule. A rule has seen the tree, so the model alone never silences it. */
const trust: Readonly<Record<Agreement, number>> = {
  agree: 1.15,
  disagree: 0.6,
  'says-other': 1,
  unclear: 1,
  'not-judged': 1,
  'model-alone': 1,
};

/** A label that no rule supports: worth a look, after everything that a rule supports as strongly. */
const MODEL_ALONE_CONFIDENCE = 0.3;

export interface Judged {
  readonly chunk: Chunk;
  readonly verdict: Verdict;
}

/** Best first. `rank` counts from 1. */
export function rankFindings(hits: readonly Hit[], judged: readonly Judged[]): readonly Finding[] {
  const verdicts = new Map(judged.map(({ chunk, verdict }) => [chunkKey(chunk.file, chunk.name), verdict]));
  const found = hits.map((hit) =>
    ruleFinding(hit, hit.chunk === null ? undefined : verdicts.get(chunkKey(hit.file, hit.chunk))),
  );
  const supported = new Set(
    hits.map(({ file, chunk, rule }) => `${chunkKey(file, chunk ?? '')}\n${shortName(rule)}`),
  );
  const alone = judged.flatMap((each) => modelFinding(each, supported));
  return [...found, ...alone]
    .toSorted((a, b) => b.score - a.score || compare(a, b))
    .map((finding, at) => Object.assign({}, finding, { rank: at + 1 }));
}

/** A rule's name without its language: what the model calls it. */
export function shortName(rule: RuleId): string {
  return rule.slice(rule.indexOf('/') + 1);
}

/** Of a rule whose label the model was not asked about, its answer says nothing. */
export function agreementOf(rule: RuleId, verdict: Verdict | undefined): Agreement {
  const isAsked = labelsOf[rule.startsWith('apex/') ? 'apex' : 'typescript'].some(
    (label) => label === shortName(rule),
  );
  if (verdict === undefined || !isAsked) return 'not-judged';
  if (verdict.label === null) return 'unclear';
  if (verdict.label === 'ok') return 'disagree';
  return verdict.label === shortName(rule) ? 'agree' : 'says-other';
}

function ruleFinding(hit: Hit, verdict: Verdict | undefined): Finding {
  const { title, severity, why, fix } = textOf(hit.rule);
  const agreement = agreementOf(hit.rule, verdict);
  const confidence = Math.min(1, hit.confidence * trust[agreement]);
  return {
    rank: 0,
    title,
    severity,
    file: hit.file,
    line: hit.line,
    where: hit.chunk,
    loopDepth: hit.loopDepth,
    score: scoreOf(severity, confidence, hit.loopDepth),
    why,
    fix,
    rule: { id: hit.rule, confidence: hit.confidence, detail: hit.detail },
    model: verdict ?? null,
    agreement,
  };
}

function modelFinding({ chunk, verdict }: Judged, supported: ReadonlySet<string>): readonly Finding[] {
  const { label } = verdict;
  if (label === null || label === 'ok' || supported.has(`${chunkKey(chunk.file, chunk.name)}\n${label}`))
    return [];
  const rule = ruleNamed(chunk, label);
  if (rule === null) return [];
  const { title, severity, why, fix } = textOf(rule);
  return [
    {
      rank: 0,
      title,
      severity,
      file: chunk.file,
      line: chunk.firstLine,
      where: chunk.name,
      loopDepth: chunk.loopDepth,
      score: scoreOf(severity, MODEL_ALONE_CONFIDENCE, chunk.loopDepth),
      why,
      fix,
      rule: null,
      model: verdict,
      agreement: 'model-alone',
    },
  ];
}

function ruleNamed({ language }: Chunk, label: string): RuleId | null {
  const id = `${language === 'apex' ? 'apex' : 'ts'}/${label}`;
  return Object.hasOwn(rules, id) ? (id as RuleId) : null;
}

/** Each loop around it makes it half as bad again. */
function scoreOf(severity: Severity, confidence: number, loopDepth: number): number {
  return Math.round(100 * severityWeight(severity) * confidence * (1 + 0.5 * loopDepth)) / 100;
}

function compare(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line;
}
