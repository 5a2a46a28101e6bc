// A condition in normal form as a tree of tests, each with its place, so that evaluating it also says which part did not hold. Owns the
// tree and how it is made; `hold-condition.ts` evaluates it. Pure.
import { renderPath, type Path } from './describe-rule-issues.ts';
import { compileGlob, type Glob } from './glob.ts';
import {
  weekdays,
  type Condition,
  type NumberRange,
  type TextMatch,
  type WarmthFact,
  type Weekday,
} from './rule-set.ts';

export type TextTest =
  | { readonly kind: 'equals'; readonly text: string }
  | { readonly kind: 'in'; readonly texts: readonly string[] }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'glob'; readonly glob: Glob }
  | { readonly kind: 'exists'; readonly wanted: boolean };

export type TextFact = 'tenant' | 'key' | 'country' | 'region' | 'colo';
export type NamedFact = 'labels' | 'metadata' | 'headers';
export type FlagFact = 'tools' | 'json' | 'stream';
export type NumberFact = 'promptTokens' | 'budgetLeftMicros';

/** `path`: place within the rule, as in `match.any[0].country`. */
export type Test =
  | { readonly kind: 'model'; readonly path: string; readonly test: TextTest }
  | { readonly kind: 'task'; readonly path: string; readonly task: 'chat' | 'embedding' }
  | { readonly kind: 'text'; readonly path: string; readonly fact: TextFact; readonly test: TextTest }
  | {
      readonly kind: 'named';
      readonly path: string;
      readonly fact: NamedFact;
      readonly name: string;
      readonly test: TextTest;
    }
  | { readonly kind: 'flag'; readonly path: string; readonly fact: FlagFact; readonly wanted: boolean }
  | {
      readonly kind: 'number';
      readonly path: string;
      readonly fact: NumberFact;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly kind: 'warmth';
      readonly path: string;
      readonly of: string | null;
      readonly is: readonly WarmthFact[];
    }
  | {
      readonly kind: 'wait';
      readonly path: string;
      readonly of: string | null;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly kind: 'time';
      readonly path: string;
      readonly zone: string;
      readonly days: readonly Weekday[];
      readonly fromMinute: number;
      readonly toMinute: number;
    }
  | { readonly kind: 'all' | 'any'; readonly path: string; readonly parts: readonly Test[] }
  | { readonly kind: 'not'; readonly path: string; readonly part: Test };

export function compileCondition(condition: Condition, at: Path = ['match']): Test {
  const parts = [
    ...askTests(condition, at),
    ...placeTests(condition, at),
    ...numberTests(condition, at),
    ...namedTests(condition, at),
    ...poolTests(condition, at),
    ...nestedTests(condition, at),
  ];
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : { kind: 'all', path: renderPath(at), parts };
}

function askTests({ model, task, tools, json, stream }: Condition, at: Path): readonly Test[] {
  const flag = (fact: FlagFact, wanted: boolean | undefined): readonly Test[] =>
    wanted === undefined ? [] : [{ kind: 'flag', path: renderPath([...at, fact]), fact, wanted }];
  return [
    ...(model === undefined
      ? []
      : [{ kind: 'model' as const, path: renderPath([...at, 'model']), test: compileText(model) }]),
    ...(task === undefined ? [] : [{ kind: 'task' as const, path: renderPath([...at, 'task']), task }]),
    ...flag('tools', tools),
    ...flag('json', json),
    ...flag('stream', stream),
  ];
}

const textFacts = ['tenant', 'key', 'country', 'region', 'colo'] as const satisfies readonly TextFact[];

function placeTests(condition: Condition, at: Path): readonly Test[] {
  return textFacts.flatMap((fact): readonly Test[] => {
    const match = condition[fact];
    if (match === undefined) return [];
    return [{ kind: 'text', path: renderPath([...at, fact]), fact, test: compileText(match) }];
  });
}

function numberTests(condition: Condition, at: Path): readonly Test[] {
  return (['promptTokens', 'budgetLeftMicros'] as const).flatMap((fact): readonly Test[] => {
    const range = condition[fact];
    if (range === undefined) return [];
    return [{ kind: 'number', path: renderPath([...at, fact]), fact, ...ends(range) }];
  });
}

function namedTests(condition: Condition, at: Path): readonly Test[] {
  return (['labels', 'metadata', 'headers'] as const).flatMap((fact) =>
    Object.entries(condition[fact] ?? {}).map(([name, match]): Test => ({
      kind: 'named',
      path: renderPath([...at, fact, name]),
      fact,
      name,
      test: compileText(match),
    })),
  );
}

function poolTests({ warmth, predictedWaitMs, time }: Condition, at: Path): readonly Test[] {
  const tests: Test[] = [];
  if (warmth !== undefined) {
    const { is, of = null } = warmth;
    tests.push({ kind: 'warmth', path: renderPath([...at, 'warmth']), of, is });
  }
  if (predictedWaitMs !== undefined) {
    const { of = null } = predictedWaitMs;
    tests.push({ kind: 'wait', path: renderPath([...at, 'predictedWaitMs']), of, ...ends(predictedWaitMs) });
  }
  if (time !== undefined) {
    const { zone, days = weekdays, from = '00:00', to = '24:00' } = time;
    tests.push({
      kind: 'time',
      path: renderPath([...at, 'time']),
      zone,
      days,
      fromMinute: minuteOf(from),
      toMinute: minuteOf(to),
    });
  }
  return tests;
}

function nestedTests({ all, any, not }: Condition, at: Path): readonly Test[] {
  const tests = (all ?? []).map((part, index) => compileCondition(part, [...at, 'all', index]));
  if (any !== undefined) {
    const parts = any.map((part, index) => compileCondition(part, [...at, 'any', index]));
    tests.push({ kind: 'any', path: renderPath([...at, 'any']), parts });
  }
  if (not !== undefined) {
    const part = compileCondition(not, [...at, 'not']);
    tests.push({ kind: 'not', path: renderPath([...at, 'not']), part });
  }
  return tests;
}

function compileText(match: TextMatch): TextTest {
  if (typeof match === 'string') return { kind: 'equals', text: match };
  const { equals, in: texts, prefix, glob, exists } = match;
  if (equals !== undefined) return { kind: 'equals', text: equals };
  if (texts !== undefined) return { kind: 'in', texts };
  if (prefix !== undefined) return { kind: 'prefix', text: prefix };
  if (glob !== undefined) return { kind: 'glob', glob: compileGlob(glob) };
  return { kind: 'exists', wanted: exists ?? true };
}

function ends({ min = 0, max = Number.MAX_SAFE_INTEGER }: NumberRange): { min: number; max: number } {
  return { min, max };
}

function minuteOf(clock: string): number {
  const [hour = '0', minute = '0'] = clock.split(':');
  return Number(hour) * 60 + Number(minute);
}

/** Whether the answer depends on what is known of pools. */
export function readsPools(test: Test): boolean {
  switch (test.kind) {
    case 'warmth':
    case 'wait':
      return true;
    case 'all':
    case 'any':
      return test.parts.some(readsPools);
    case 'not':
      return readsPools(test.part);
    default:
      return false;
  }
}
