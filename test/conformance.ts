// `npm run conformance`: runs the suites of every implementation of the backend contract and prints what each of them guarantees.
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../src/cli/checks.ts';
import { catchPlant, findUnfit, type Caught } from './conformance-matrix/catch-plants.ts';
import {
  agentContainer,
  edgeAlone,
  implementations,
  realApiServer,
  whyNotRun,
  type Implementation,
} from './conformance-matrix/implementations.ts';
import {
  checkRow,
  makeEmptyRow,
  makeRow,
  renderMatrix,
  tellRow,
  type Row,
} from './conformance-matrix/matrix.ts';
import { driverPlants, type DriverPlant } from './conformance-matrix/plants.ts';
import { Progress } from './conformance-matrix/progress.ts';
import { whyNoPlace, writeCaught, writeRows } from './conformance-matrix/results.ts';
import { runSuites } from './conformance-matrix/run-suites.ts';

/** What has a row. */
const shown = [...implementations, realApiServer];
/** What bugs are planted in. */
const planted = [...implementations, agentContainer, edgeAlone];
const help = `npm run conformance -- [--only NAMES] [--plants | --plant NAMES] [--json FILE] [--out FILE]

  --only NAMES   some of them, with commas: ${shown.map(({ name }) => name).join(', ')}
  --plants       in place of the suites: plants bugs in each driver, one after the other, each in a copy of the project, and looks
                 whether the tests that are named for them catch them, which must pass in a copy without a bug:
${planted.map(({ name }) => `                 ${name}: ${(driverPlants[name] ?? []).map((each) => each.name).join(', ') || '-'}`).join('\n')}
  --plant NAMES  these bugs alone, with commas
  --out FILE     writes the tables into a file like docs/results/conformance.md, row by row; rows of others stay
  --json FILE    writes {"checks":[{"id","value","bar","op","ok","n","note"}]}

What needs a program that is not on this machine has a row that says so. SIGINT, SIGTERM and SIGHUP end what runs and take the copies away.
Exit code 0 when every implementation conforms, or every bug was caught. Test files: test/conformance/backend-*.test.ts`;

const USAGE_ERROR = 2;
/** What a shell is told of a program that was stopped. */
const STOPPED = 130;

const ender = new AbortController();

interface Command {
  readonly chosen: readonly Implementation[];
  /** Null: no bug is planted. */
  readonly plants: ReadonlyMap<Implementation, readonly DriverPlant[]> | null;
  readonly json: string | null;
  readonly out: string | null;
}

/** Null when only help is wanted; words when it cannot be understood. */
function readCommand(): Command | string | null {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        plants: { type: 'boolean', default: false },
        plant: { type: 'string' },
        json: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return null;
    const { plant, json = null, out = null } = values;
    const noPlace = whyNoPlace(out);
    if (noPlace !== null) return noPlace;
    const isPlanting = values.plants || plant !== undefined;
    const known = isPlanting ? planted : shown;
    const asked = values.only?.split(',') ?? known.map(({ name }) => name);
    const stranger = asked.find((name) => !known.some((each) => each.name === name));
    if (stranger !== undefined) return `no such implementation: ${stranger}`;
    const chosen = known.filter(({ name }) => asked.includes(name));
    if (!isPlanting) return { chosen, plants: null, json, out };
    const plants = choosePlants(chosen, plant?.split(',') ?? null);
    return typeof plants === 'string' ? plants : { chosen, plants, json, out };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** `named`: null = all of them. Words when one of the names is no bug of these. */
function choosePlants(
  chosen: readonly Implementation[],
  named: readonly string[] | null,
): ReadonlyMap<Implementation, readonly DriverPlant[]> | string {
  const of = ({ name }: Implementation): readonly DriverPlant[] => driverPlants[name] ?? [];
  const stranger = named?.find((name) => !chosen.some((each) => of(each).some((bug) => bug.name === name)));
  if (stranger !== undefined) return `no such bug: ${stranger}`;
  return new Map(chosen.map((each) => [each, of(each).filter(({ name }) => named?.includes(name) ?? true)]));
}

async function runAll(chosen: readonly Implementation[], out: string | null): Promise<readonly Check[]> {
  const rows: Row[] = [];
  const progress = new Progress(chosen.length);
  for (const implementation of chosen) {
    const row = await progress.step(implementation.name, () => runOne(implementation), tellRow);
    rows.push(row);
    if (out !== null) writeRows(out, [row]);
  }
  progress.end();
  console.log(`${renderMatrix(rows)}\n`);
  return rows.flatMap(checkRow);
}

async function runOne(implementation: Implementation): Promise<Row> {
  const reason = whyNotRun(implementation, process.env);
  if (reason !== null) return makeEmptyRow(implementation, reason);
  const { outcomes, broken } = await runSuites(implementation.files, { ending: ender.signal });
  return makeRow(implementation, outcomes, broken);
}

async function plantAll(
  plants: ReadonlyMap<Implementation, readonly DriverPlant[]>,
  out: string | null,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const ending = ender.signal;
  const asked = [...plants].filter(([, bugs]) => bugs.length > 0);
  const progress = new Progress(asked.reduce((sum, [, bugs]) => sum + bugs.length + 1, 0));
  for (const [implementation, bugs] of asked) {
    const { name } = implementation;
    const unfit = await progress.step(
      `${name} without a bug`,
      () => findUnfit(implementation, bugs, ending),
      ({ size }) => (size === 0 ? 'passes' : `${size} of ${bugs.length} tests DO NOT PASS`),
    );
    for (const plant of bugs) {
      const of = { unfit: unfit.get(plant) ?? null, ending };
      const work = (): Promise<Caught> => catchPlant(implementation, plant, of);
      const { check } = await progress.step(`${name} ${plant.name}`, work, tellCaught);
      checks.push(check);
      if (out !== null) writeCaught(out, [check]);
    }
  }
  progress.end();
  return checks;
}

function tellCaught({ check, failure }: Caught): string {
  return check.ok ? `caught (${failure})` : `NOT CAUGHT: ${check.note}`;
}

async function main(): Promise<void> {
  const command = readCommand();
  if (command === null) return console.log(help);
  if (typeof command === 'string') {
    console.error(`${command}\n\n${help}`);
    process.exitCode = USAGE_ERROR;
    return;
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ender.abort());
  const { chosen, plants, json, out } = command;
  try {
    const checks = plants === null ? await runAll(chosen, out) : await plantAll(plants, out);
    printChecks(checks);
    if (json !== null) writeChecks(json, checks);
    process.exitCode = checks.every(({ ok }) => ok) ? 0 : 1;
  } catch (cause) {
    if (!ender.signal.aborted) throw cause;
    console.error('stopped: nothing is left of it, and nothing was written but whole rows');
    process.exitCode = STOPPED;
  }
}

await main();
