// Plants a bug in a copy of the project and looks whether the tests that are named for it catch it. The project itself is never changed.
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from '../../src/cli/checks.ts';
import { plantEdits, type Plant } from '../chaos/plants.ts';
import type { Implementation } from './implementations.ts';
import { tellFailure, type TestOutcome } from './matrix.ts';
import type { DriverPlant } from './plants.ts';
import { project, projectOf, runSuites } from './run-suites.ts';

/** A copy holds what a test needs beside the product. */
const testParts = ['test', 'vitest.config.ts'];

/** Why a bug cannot be planted: a change whose text is not there exactly once would prove nothing, or something else. */
export function whyNotPlanted({ file, find, replace }: Plant): string | null {
  const source = readFileSync(join(project, file), 'utf8');
  const times = source.split(find).length - 1;
  if (times !== 1) return `its text is ${times} times in ${file}`;
  return source.replace(find, () => replace) === source ? 'it changes nothing' : null;
}

/** Runs the named tests in a copy without any bug. Gives those that can catch nothing, as they do not pass there, with the reason. */
export async function findUnfit(
  implementation: Implementation,
  plants: readonly DriverPlant[],
  ending: AbortSignal,
): Promise<ReadonlyMap<DriverPlant, string>> {
  const unfit = new Map<DriverPlant, string>();
  const suites = new Map(plants.map((plant) => [plant, suiteOf(implementation, plant)]));
  await inCopy(`${implementation.name}-clean`, [], async (root) => {
    for (const part of new Set([...suites.values()].map((suite) => projectOf([suite])))) {
      const own = plants.filter((plant) => projectOf([suites.get(plant) ?? '']) === part);
      const files = [...new Set(own.map((plant) => suites.get(plant) ?? ''))];
      const only = [...new Set(own.map(({ caughtBy }) => caughtBy))];
      const { outcomes, broken } = await runSuites(files, { root, only, ending });
      for (const plant of own) {
        const reason = broken.length > 0 ? broken.join('; ') : whyUnfit(titled(outcomes, plant));
        if (reason !== null) unfit.set(plant, reason);
      }
    }
  });
  return unfit;
}

/** Null: they pass without the bug. */
export function whyUnfit(outcomes: readonly TestOutcome[]): string | null {
  const count = (status: string): number => outcomes.filter((each) => each.status === status).length;
  if (count('failed') > 0) return 'its test fails without the bug, too';
  if (count('passed') > 0) return null;
  return outcomes.length > 0
    ? 'not run: its test is skipped on this machine'
    : 'there is no test of this title';
}

export interface Caught {
  readonly check: Check;
  /** How the test failed, to be read; null = it did not. */
  readonly failure: string | null;
}

/** `unfit`: why its test can catch nothing. */
export async function catchPlant(
  implementation: Implementation,
  plant: DriverPlant,
  { unfit, ending }: { readonly unfit: string | null; readonly ending: AbortSignal },
): Promise<Caught> {
  const reason = whyNotPlanted(plant) ?? unfit;
  if (reason !== null) {
    const verdict = { isCaught: false, n: 0, reason };
    return { check: makeCaught(implementation, plant, verdict), failure: null };
  }
  return await inCopy(`${implementation.name}-${plant.name}`, [plant], async (root) => {
    const only = [plant.caughtBy];
    const suite = suiteOf(implementation, plant);
    const { outcomes, broken } = await runSuites([suite], { root, only, endsAtFailure: true, ending });
    const own = titled(outcomes, plant);
    const failed = own.filter(({ status }) => status === 'failed');
    const n = failed.length + own.filter(({ status }) => status === 'passed').length;
    // A suite that cannot even be loaded has caught nothing.
    const why = broken.length > 0 ? broken.join('; ') : null;
    const verdict = { isCaught: failed.length > 0 && why === null, n, reason: why };
    const [failure = null] = failed.map(tellFailure);
    return { check: makeCaught(implementation, plant, verdict), failure };
  });
}

interface Verdict {
  readonly isCaught: boolean;
  readonly n: number;
  /** Why nothing could be said. */
  readonly reason: string | null;
}

function makeCaught({ name }: Implementation, plant: DriverPlant, { isCaught, n, reason }: Verdict): Check {
  const note = `${plant.what}: "${plant.caughtBy}"`;
  return {
    id: `plants.${name}.${plant.name}`,
    value: isCaught ? 1 : 0,
    bar: 1,
    op: '>=',
    ok: isCaught,
    n,
    note: reason === null ? note : `${reason}; ${note}`,
  };
}

function suiteOf({ files }: Implementation, { suite }: DriverPlant): string {
  return suite ?? files[0];
}

function titled(outcomes: readonly TestOutcome[], { caughtBy }: DriverPlant): readonly TestOutcome[] {
  return outcomes.filter(({ ancestorTitles, title }) =>
    [...ancestorTitles, title].join(' ').includes(caughtBy),
  );
}

async function inCopy<T>(
  name: string,
  edits: readonly Plant[],
  use: (root: string) => Promise<T>,
): Promise<T> {
  const copy = plantEdits(name, edits);
  try {
    for (const part of testParts) cpSync(join(project, part), join(copy, part), { recursive: true });
    return await use(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
