// Runs the scenarios of the run host over each mutant of its source and prints, as JSON, what was said of it first. A program of its own,
// because it changes modules while they load: every mutant is a module graph of its own, named by a query in its addresses.
import { registerHooks } from 'node:module';
import { argv, exit, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { runRunScenario as Scenario } from '../../../src/sim/run/run-scenario.ts';
import { mutants, type Mutant } from './mutants.ts';

export interface Judgement {
  readonly name: string;
  /** Seeds that were run until somebody spoke up; null when nobody did. */
  readonly seed: number | null;
  readonly said: string;
}

const source = fileURLToPath(new URL('../../../src/', import.meta.url));
const seedsMax = Number(argv[2] ?? 400);
const touched = new Map<string, number>();

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const mutant = queryOf(context.parentURL ?? '');
    return mutant === null || !found.url.startsWith('file:') || found.url.includes('?')
      ? found
      : { ...found, url: `${found.url}?mutant=${mutant}` };
  },
  load(url, context, next) {
    const loaded = next(url, context);
    const mutant = mutants[Number(queryOf(url) ?? -1)];
    const path = fileURLToPath(url);
    if (mutant === undefined || !path.startsWith(source) || !loaded.source) return loaded;
    return { ...loaded, source: plant(mutant, path.slice(source.length), textOf(loaded.source)) };
  },
});

function queryOf(url: string): string | null {
  return url.startsWith('file:') ? new URL(url).searchParams.get('mutant') : null;
}

function textOf(text: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof text === 'string' ? text : new TextDecoder().decode(text);
}

function plant({ name, changes }: Mutant, file: string, text: string): string {
  let planted = text;
  for (const change of changes) {
    if (change.file !== file) continue;
    if (planted.split(change.from).length !== 2)
      throw new Error(`${name}: ${file} has no single ${change.from}`);
    planted = planted.replace(change.from, () => change.to);
    touched.set(name, (touched.get(name) ?? 0) + 1);
  }
  return planted;
}

async function judge(mutant: Mutant, at: number): Promise<Judgement> {
  const { name, changes, caughtBy } = mutant;
  const url = new URL(`../../../src/sim/run/run-scenario.ts?mutant=${at}`, import.meta.url);
  const { runRunScenario } = (await import(url.href)) as { readonly runRunScenario: typeof Scenario };
  if (touched.get(name) !== changes.length) throw new Error(`${name}: not every change was planted`);
  let said = '';
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const words = await wordsOf(runRunScenario, seed);
    if (words.some((word) => caughtBy.test(word)))
      return { name, seed, said: words.find((word) => caughtBy.test(word)) ?? '' };
    said = words[0] ?? said;
  }
  return { name, seed: null, said };
}

async function wordsOf(scenario: typeof Scenario, seed: number): Promise<readonly string[]> {
  try {
    return (await scenario(seed)).violations;
  } catch (cause) {
    return [String(cause)];
  }
}

const judgements: Judgement[] = [];
for (const [at, mutant] of mutants.entries()) judgements.push(await judge(mutant, at));
stdout.write(JSON.stringify(judgements), () => exit(0));
