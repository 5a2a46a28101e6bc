// Negative controls: each plants one bug in the source of the run host or its decisions and must be caught by the checkers.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Judgement } from './run-mutants/judge-mutants.ts';
import { mutants } from './run-mutants/mutants.ts';

/** Seeds that a bug may hide from the checkers. */
const SEEDS_MAX = 600;

const program = resolve(import.meta.dirname, 'run-mutants/judge-mutants.ts');
const printed = execFileSync(process.execPath, [program, String(SEEDS_MAX)], {
  encoding: 'utf8',
  timeout: 80_000,
});
const judgements = JSON.parse(printed) as readonly Judgement[];

test.each(mutants)('$name is caught', ({ name, caughtBy }) => {
  const judgement = judgements.find((each) => each.name === name);
  expect(judgement?.said).toMatch(caughtBy);
  expect(judgement?.seed).not.toBeNull();
});
