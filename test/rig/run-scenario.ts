// Runs one scenario from its stack to its checks, and scenarios with a bug planted in them. Owns that everything is closed whatever happens,
// and what counts as caught: a check that the clean run has met and that the planted one misses.
import { cpus, loadavg } from 'node:os';
import type { Check } from '../../src/cli/checks.ts';
import { printChecks } from '../../src/cli/checks.ts';
import { writePlant, writeScenario } from './report.ts';
import { isMeant, makeContext, type RigPlant, type Scenario, type ScenarioOutcome } from './scenario.ts';
import { MachineMeter } from './stack/cpu.ts';

export interface Asked {
  readonly isQuick: boolean;
  readonly isShort: boolean;
  readonly seed: number;
  /** The file of results; null = none. */
  readonly out: string | null;
  /** What runs without a bug have found already, for plants; null = they are run first. */
  readonly clean?: readonly Check[] | null;
}

export interface Found {
  readonly checks: readonly Check[];
  readonly isGood: boolean;
}

/** A scenario that breaks down is one missed check, so that those after it are run. */
export async function runScenario(scenario: Scenario, plant: RigPlant | null, asked: Asked): Promise<Found> {
  const { isQuick, isShort, seed, out } = asked;
  console.log(`${scenario.name}: ${scenario.about}`);
  const startedMs = performance.now();
  const { facts, checks } = await perform(scenario, plant, asked);
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`  ${seconds.toFixed(0)} s`);
  printChecks(checks);
  const length = isQuick ? ' --quick' : isShort ? ' --short' : '';
  const command = `npm run rig -- ${scenario.name}${length} --seed ${seed}`;
  if (out !== null && plant === null)
    writeScenario(out, { name: scenario.name, plants: scenario.plants, command, facts, checks, seconds });
  return { checks, isGood: checks.every(({ ok }) => ok) };
}

async function perform(
  scenario: Scenario,
  plant: RigPlant | null,
  { isQuick, isShort, seed }: Asked,
): Promise<ScenarioOutcome> {
  const closing: (() => Promise<void> | void)[] = [];
  const said = new Set<string>();
  const say = (line: string): void => {
    if (!said.has(line)) console.log(`  ${line}`);
    said.add(line);
  };
  const progress = (line: string): void => console.error(`  ... ${scenario.name} ${line}`);
  const machine = new MachineMeter();
  try {
    const outcome = await scenario.run(
      makeContext({ isQuick, isShort, seed, plant, closing, say, progress }),
    );
    const facts = [...outcome.facts, sayMachine(machine)];
    facts.forEach(say);
    return { ...outcome, facts };
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    console.error(cause);
    return { facts: [], checks: [brokenDown(scenario.name, words)] };
  } finally {
    for (const close of closing.toReversed()) await settle(close);
  }
}

/** Others on the same machine, or on the same host, make every latency theirs as well. */
function sayMachine(machine: MachineMeter): string {
  const share = machine.share();
  const waiting = loadavg()[0] ?? 0;
  return `the machine's ${cpus().length} cores were busy ${(share * 100).toFixed(0)} % of the time, by whomever; ${waiting.toFixed(1)} programs wanted to run in the last minute (mean); the host gave ${machine.stolenSeconds().toFixed(1)} s of the cores to other machines meanwhile`;
}

/** What cannot be closed must not keep the others open. */
async function settle(close: () => Promise<void> | void): Promise<void> {
  try {
    await close();
  } catch (cause) {
    console.error('could not be closed:', cause);
  }
}

function brokenDown(name: string, words: string): Check {
  const note = `the run broke down: ${words.split('\n')[0]?.slice(0, 200) ?? ''}`;
  return { id: `${name}.ran`, value: 0, bar: 1, op: '>=', ok: false, n: 1, note };
}

/** Runs the scenario once without any bug, unless that is known, then once with each of these. */
export async function catchPlants(
  scenario: Scenario,
  names: readonly string[],
  asked: Asked,
): Promise<Found> {
  const clean = asked.clean ?? (await runClean(scenario, asked));
  const met = new Set(clean.filter(({ ok }) => ok).map(({ id }) => id));
  const checks: Check[] = [];
  for (const name of names) {
    const plant = scenario.plants[name];
    if (plant === undefined) throw new Error(`${scenario.name} has no plant ${name}`);
    console.log(`${scenario.name} with ${name} planted:`);
    const { checks: found } = await runScenario(scenario, plant, asked);
    const missed = found.filter(({ ok }) => !ok);
    const caughtBy = missed.filter((each) => met.has(each.id) && isMeant(plant, each.id));
    const also = missed.filter((each) => isMeant(plant, each.id) && !met.has(each.id));
    const isCaught = caughtBy.length > 0;
    if (asked.out !== null)
      writePlant(asked.out, { scenario: scenario.name, plant: name, isCaught, missed: caughtBy });
    checks.push(checkOf(`plant.${scenario.name}.${name}`, { isCaught, caughtBy, also, found }));
  }
  return { checks, isGood: checks.every(({ ok }) => ok) };
}

async function runClean(scenario: Scenario, asked: Asked): Promise<readonly Check[]> {
  console.log(`${scenario.name} without a planted bug:`);
  return (await runScenario(scenario, null, { ...asked, out: null })).checks;
}

interface Catch {
  readonly isCaught: boolean;
  readonly caughtBy: readonly Check[];
  /** Missed without the bug as well: they prove nothing. */
  readonly also: readonly Check[];
  readonly found: readonly Check[];
}

function checkOf(id: string, { isCaught, caughtBy, also, found }: Catch): Check {
  const broken = found.find((each) => each.id.endsWith('.ran'));
  const list = (checks: readonly Check[]): string => checks.map((each) => each.id).join(', ');
  const words = [
    isCaught ? `caught by ${list(caughtBy)}` : 'NOT CAUGHT',
    ...(also.length === 0 ? [] : [`missed without it as well: ${list(also)}`]),
    ...(broken === undefined ? [] : [broken.note]),
  ];
  const value = isCaught ? 1 : 0;
  return { id, value, bar: 1, op: '>=', ok: isCaught, n: 1, note: words.join('; ') };
}
