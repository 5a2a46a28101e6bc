// `npm run rig`: what holds when things break. Each scenario runs the bundled Worker on the bare runtime, the real agent and real (paced)
// model server processes under open-loop load, breaks something, and checks every answer token by token.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../src/cli/checks.ts';
import { catchPlants, runScenario, type Asked } from './rig/run-scenario.ts';
import { scenarios } from './rig/scenarios.ts';
import type { Scenario } from './rig/scenario.ts';

const help = `npm run rig -- SCENARIO... [--quick | --short] [--plant NAME] [--seed N] [--json FILE] [--out FILE]

  SCENARIO      ${scenarios.map(({ name }) => name).join(', ')}, or all
  --quick       seconds instead of minutes: shows that it works, not how often it does not
  --short       minutes where the whole of a scenario is many minutes to more than an hour
  --plant NAME  runs once without a bug, and then with one that the scenario must catch, or several with commas, or "all" of them;
                exit code 0 when each was caught:
${scenarios.map(({ name, plants }) => `                ${name}: ${Object.keys(plants).join(', ')}`).join('\n')}
  --clean FILE  what --json wrote of a run without a bug, of the same sources and as long: plants do not run it again
  --seed N      of arrivals and draws (default 1)
  --json FILE   writes {"checks":[...]}
  --out FILE    writes the tables of these scenarios, or plants, into a file like docs/results/reliability.md; what is in it of others stays

npm run rig:smoke    all of them with --quick, some beside each other; its own --help
npm run rig:full     all of them, hours, into dist/rig.json and docs/results/reliability.md`;

const USAGE_ERROR = 2;

interface Command extends Asked {
  readonly chosen: readonly Scenario[];
  readonly plant: string | null;
  readonly json: string | null;
}

const options = {
  quick: { type: 'boolean', default: false },
  short: { type: 'boolean', default: false },
  plant: { type: 'string' },
  clean: { type: 'string' },
  seed: { type: 'string', default: '1' },
  json: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Null when only help is wanted; words when it cannot be understood. */
function readCommand(): Command | string | null {
  let parsed;
  try {
    parsed = parseArgs({ allowPositionals: true, options });
  } catch (cause) {
    return wordsOf(cause);
  }
  const { values, positionals } = parsed;
  if (values.help || positionals.length === 0) return null;
  if (!/^\d{1,9}$/.test(values.seed)) return `--seed takes a whole number, not ${values.seed}`;
  const known = new Map(scenarios.map((each) => [each.name, each]));
  const unknown = positionals.find((name) => name !== 'all' && !known.has(name));
  if (unknown !== undefined) return `no such scenario: ${unknown}`;
  const chosen = positionals.includes('all')
    ? scenarios
    : positionals.flatMap((name) => known.get(name) ?? []);
  const plant = values.plant ?? null;
  const stranger = plant === null || plant === 'all' ? undefined : findStranger(plant.split(','), chosen);
  if (stranger !== undefined) return `no such plant in these scenarios: ${stranger}`;
  const { quick: isQuick, short: isShort, json = null, out = null } = values;
  const clean = values.clean === undefined ? null : readChecks(values.clean);
  if (typeof clean === 'string') return clean;
  return { chosen, plant, json, isQuick, isShort, seed: Number(values.seed), out, clean };
}

/** What `--json` wrote; words when that is not what the file holds. */
function readChecks(file: string): readonly Check[] | string {
  try {
    const { checks } = JSON.parse(readFileSync(file, 'utf8')) as { checks?: unknown };
    if (Array.isArray(checks)) return checks as readonly Check[];
    return `--clean ${file} holds no checks: it takes what --json wrote`;
  } catch (cause) {
    return `--clean ${file} cannot be read: ${wordsOf(cause)}`;
  }
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function findStranger(names: readonly string[], chosen: readonly Scenario[]): string | undefined {
  return names.find((name) => !chosen.some(({ plants }) => Object.hasOwn(plants, name)));
}

async function main(): Promise<void> {
  const command = readCommand();
  if (command === null) return console.log(help);
  if (typeof command === 'string') {
    console.error(`${command}\n\n${help}`);
    process.exitCode = USAGE_ERROR;
    return;
  }
  // Leaving in this way takes the processes of the stack along.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
  const { chosen, plant, json } = command;
  const checks: Check[] = [];
  const took: string[] = [];
  for (const scenario of chosen) {
    const startedMs = performance.now();
    checks.push(...(await runOne(scenario, plant, command)));
    took.push(`${scenario.name} ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
  }
  if (chosen.length > 1 || plant !== null) printChecks(checks);
  if (chosen.length > 1) console.log(`took: ${took.join(', ')}`);
  if (json !== null) writeChecks(json, checks);
  process.exitCode = checks.every(({ ok }) => ok) ? 0 : 1;
}

async function runOne(scenario: Scenario, plant: string | null, asked: Asked): Promise<readonly Check[]> {
  if (plant === null) return (await runScenario(scenario, null, asked)).checks;
  const own = Object.keys(scenario.plants);
  const names = plant === 'all' ? own : plant.split(',').filter((name) => own.includes(name));
  return names.length === 0 ? [] : (await catchPlants(scenario, names, asked)).checks;
}

await main();
