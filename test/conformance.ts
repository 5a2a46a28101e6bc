// `npm run conformance`: runs the suites of every implementation of the backend contract and prints what each of them guarantees.
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../src/cli/checks.ts';
import { catchPlant } from './conformance-matrix/catch-plants.ts';
import { edgeAlone, implementations, type Implementation } from './conformance-matrix/implementations.ts';
import { checkRow, makeRow, renderMatrix, type Row } from './conformance-matrix/matrix.ts';
import { driverPlants, type DriverPlant } from './conformance-matrix/plants.ts';
import { writeCaught, writeRows } from './conformance-matrix/results.ts';
import { runSuites } from './conformance-matrix/run-suites.ts';

const names = implementations.map(({ name }) => name);
/** What bugs are planted in. */
const planted = [...implementations, edgeAlone];
const help = `npm run conformance -- [--only NAMES] [--plants | --plant NAMES] [--json FILE] [--out FILE]

  --only NAMES   some of them, with commas: ${names.join(', ')}
  --plants       in place of the suites: plants bugs in each driver, one after the other, each in a copy of the project, and looks
                 whether its suites catch them:
${planted.map(({ name }) => `                 ${name}: ${(driverPlants[name] ?? []).map((each) => each.name).join(', ') || '-'}`).join('\n')}
  --plant NAMES  these bugs alone, with commas
  --out FILE     writes the tables into a file like docs/results/conformance.md; rows of others stay
  --json FILE    writes {"checks":[{"id","value","bar","op","ok","n","note"}]}

Exit code 0 when every implementation conforms, or every bug was caught. Test files: test/conformance/backend-*.test.ts`;

const USAGE_ERROR = 2;

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
    const isPlanting = values.plants || plant !== undefined;
    const known = isPlanting ? planted : implementations;
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
  for (const implementation of chosen) {
    const { outcomes, broken } = await runSuites(implementation.files);
    rows.push(makeRow(implementation, outcomes, broken));
  }
  console.log(`${renderMatrix(rows)}\n`);
  if (out !== null) writeRows(out, rows);
  return rows.flatMap(checkRow);
}

async function plantAll(
  plants: ReadonlyMap<Implementation, readonly DriverPlant[]>,
  out: string | null,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const [implementation, bugs] of plants)
    for (const plant of bugs) {
      const check = await catchPlant(implementation, plant);
      console.log(`${check.ok ? 'caught    ' : 'NOT CAUGHT'}  ${check.id}  ${check.note}`);
      checks.push(check);
    }
  if (out !== null) writeCaught(out, checks);
  return checks;
}

async function main(): Promise<void> {
  const command = readCommand();
  if (command === null) return console.log(help);
  if (typeof command === 'string') {
    console.error(`${command}\n\n${help}`);
    process.exitCode = USAGE_ERROR;
    return;
  }
  const { chosen, plants, json, out } = command;
  const checks = plants === null ? await runAll(chosen, out) : await plantAll(plants, out);
  printChecks(checks);
  if (json !== null) writeChecks(json, checks);
  process.exitCode = checks.every(({ ok }) => ok) ? 0 : 1;
}

await main();
