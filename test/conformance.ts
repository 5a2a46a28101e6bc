// `npm run conformance`: runs the suites of every implementation of the backend contract and prints what each of them guarantees.
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../src/cli/checks.ts';
import { catchPlant } from './conformance-matrix/catch-plants.ts';
import { implementations, type Implementation } from './conformance-matrix/implementations.ts';
import { checkRow, makeRow, renderMatrix, type Row } from './conformance-matrix/matrix.ts';
import { driverPlants } from './conformance-matrix/plants.ts';
import { runSuites } from './conformance-matrix/run-suites.ts';

const names = implementations.map(({ name }) => name);
const help = `npm run conformance -- [--only NAMES] [--plants] [--json FILE]

  --only NAMES   some of them, with commas: ${names.join(', ')}
  --plants       in place of the suites: plants bugs in each driver, one after the other, each in a copy of the project, and looks
                 whether its suites catch them:
${names.map((name) => `                 ${name}: ${(driverPlants[name] ?? []).map((each) => each.name).join(', ') || '-'}`).join('\n')}
  --json FILE    writes {"checks":[{"id","value","bar","op","ok","n","note"}]}

Exit code 0 when every implementation conforms, or every bug was caught. Test files: test/conformance/backend-*.test.ts`;

const USAGE_ERROR = 2;

interface Command {
  readonly chosen: readonly Implementation[];
  readonly plants: boolean;
  readonly json: string | null;
}

/** Null when only help is wanted; words when it cannot be understood. */
function readCommand(): Command | string | null {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        plants: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return null;
    const asked = values.only?.split(',') ?? names;
    const stranger = asked.find((name) => !names.includes(name));
    if (stranger !== undefined) return `no such implementation: ${stranger}`;
    const chosen = implementations.filter(({ name }) => asked.includes(name));
    return { chosen, plants: values.plants, json: values.json ?? null };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

async function runAll(chosen: readonly Implementation[]): Promise<readonly Check[]> {
  const rows: Row[] = [];
  for (const implementation of chosen) {
    const { outcomes, broken } = await runSuites(implementation.files);
    rows.push(makeRow(implementation, outcomes, broken));
  }
  console.log(`${renderMatrix(rows)}\n`);
  return rows.flatMap(checkRow);
}

async function plantAll(chosen: readonly Implementation[]): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const implementation of chosen)
    for (const plant of driverPlants[implementation.name] ?? []) {
      const check = await catchPlant(implementation, plant);
      console.log(`${check.ok ? 'caught    ' : 'NOT CAUGHT'}  ${check.id}  ${check.note}`);
      checks.push(check);
    }
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
  const { chosen, plants, json } = command;
  const checks = plants ? await plantAll(chosen) : await runAll(chosen);
  printChecks(checks);
  if (json !== null) writeChecks(json, checks);
  process.exitCode = checks.every(({ ok }) => ok) ? 0 : 1;
}

await main();
