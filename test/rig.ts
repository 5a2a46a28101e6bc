// `npm run rig`: what holds when things break. Each scenario runs the bundled Worker on the bare runtime, the real agent and real (paced)
// model server processes under open-loop load, breaks something, and checks every answer token by token.
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../src/cli/checks.ts';
import { writePlant, writeScenario } from './rig/report.ts';
import { scenarios } from './rig/scenarios.ts';
import { makeContext, type RigPlant, type Scenario } from './rig/scenario.ts';

const help = `npm run rig -- SCENARIO... [--quick] [--plant NAME] [--seed N] [--json FILE] [--out FILE]

  SCENARIO      ${scenarios.map(({ name }) => name).join(', ')}, or all
  --quick       seconds instead of minutes: shows that it works, not how often it does not
  --plant NAME  runs without a protection or with a bug that the scenario must catch, or "all"; exit code 0 when it was caught:
${scenarios.map(({ name, plants }) => `                ${name}: ${Object.keys(plants).join(', ')}`).join('\n')}
  --seed N      of arrivals and draws (default 1)
  --json FILE   writes {"checks":[...]}
  --out FILE    writes the tables as Markdown (docs/results/reliability.md)`;

interface Asked {
  readonly isQuick: boolean;
  readonly seed: number;
  readonly out: string | null;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      plant: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length === 0) return console.log(help);
  // Leaving in this way takes the processes of the stack along.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  const chosen = choose(positionals);
  const asked = { isQuick: values.quick, seed: Number(values.seed), out: values.out ?? null };
  const checks: Check[] = [];
  let isGood = true;
  for (const scenario of chosen) {
    const found =
      values.plant === undefined
        ? await runScenario(scenario, null, asked)
        : await catchPlants(scenario, values.plant, asked);
    checks.push(...found.checks);
    isGood &&= found.isGood;
  }
  if (chosen.length > 1) printChecks(checks);
  if (values.json !== undefined) writeChecks(values.json, checks);
  process.exitCode = isGood ? 0 : 1;
}

function choose(names: readonly string[]): readonly Scenario[] {
  if (names.includes('all')) return scenarios;
  return names.map((name) => {
    const found = scenarios.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no such scenario: ${name}\n${help}`);
    return found;
  });
}

interface Found {
  readonly checks: readonly Check[];
  readonly isGood: boolean;
}

async function runScenario(scenario: Scenario, plant: RigPlant | null, asked: Asked): Promise<Found> {
  const { isQuick, seed, out } = asked;
  console.log(`${scenario.name}: ${scenario.about}`);
  const closing: (() => Promise<void> | void)[] = [];
  const startedMs = performance.now();
  const said = new Set<string>();
  const say = (line: string): void => {
    if (!said.has(line)) console.log(`  ${line}`);
    said.add(line);
  };
  try {
    const { facts, checks } = await scenario.run(makeContext({ isQuick, seed, plant, closing, say }));
    const seconds = (performance.now() - startedMs) / 1000;
    facts.forEach(say);
    console.log(`  ${seconds.toFixed(0)} s`);
    printChecks(checks);
    const command = `npm run rig -- ${scenario.name}${isQuick ? ' --quick' : ''} --seed ${seed}`;
    if (out !== null && plant === null)
      writeScenario(out, { name: scenario.name, command, facts, checks, seconds });
    return { checks, isGood: checks.every(({ ok }) => ok) };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function catchPlants(scenario: Scenario, name: string, asked: Asked): Promise<Found> {
  const names = name === 'all' ? Object.keys(scenario.plants) : name.split(',');
  const checks: Check[] = [];
  for (const each of names) {
    const plant = scenario.plants[each];
    if (plant === undefined) throw new Error(`no such plant: ${each}\n${help}`);
    const { checks: found } = await runScenario(scenario, plant, asked);
    const missed = found.filter(({ ok }) => !ok);
    const isCaught = missed.some(({ id }) => plant.breaks.some((broken) => covers(broken, id)));
    console.log(`${scenario.name}: the planted ${each} was ${isCaught ? '' : 'NOT '}caught`);
    if (asked.out !== null) writePlant(asked.out, { scenario: scenario.name, plant: each, isCaught, missed });
    const note = missed.map(({ id }) => id).join(', ');
    checks.push({
      id: `plant.${scenario.name}.${each}`,
      value: isCaught ? 1 : 0,
      bar: 1,
      op: '>=',
      ok: isCaught,
      n: 1,
      note,
    });
  }
  return { checks, isGood: checks.every(({ ok }) => ok) };
}

function covers(broken: string, id: string): boolean {
  return broken.endsWith('*') ? id.startsWith(broken.slice(0, -1)) : broken === id;
}

await main();
