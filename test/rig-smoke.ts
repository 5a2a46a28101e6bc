// `npm run rig:smoke`: every scenario of the rig for seconds, in less than eight minutes. What breaks things and counts answers runs beside
// other such; what measures how quick the gateway is under load has the machine for itself.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../src/cli/checks.ts';
import { readStages, type Stage } from './rig/smoke-plan.ts';

const help = `npm run rig:smoke -- [--seed N] [--json FILE]

Runs each scenario of \`npm run rig\` with --quick: shows that it works, not how often it does not. In stages, one after the other; within a stage
the lanes run beside each other, each in a process of its own:
${readStages().map(sayStage).join('\n')}

  --seed N     of arrivals and draws (default 1)
  --json FILE  writes {"checks":[{"id","value","bar","op","ok","n","note"}]}

Exit code 0 when every check is met. SIGINT, SIGTERM and SIGHUP end what runs.`;

const USAGE_ERROR = 2;
const STOPPED = 130;

function sayStage(lanes: Stage, at: number): string {
  return `  ${at + 1}. ${lanes.map((lane) => lane.join(', ')).join('  |  ')}`;
}

interface Lane {
  readonly checks: readonly Check[];
  readonly seconds: number;
}

const running = new Set<ReturnType<typeof spawn>>();

/** Its words are kept until it is over: those of two lanes would be nobody's. What it says of its progress is heard at once. */
async function runLane(names: readonly string[], seed: string, directory: string): Promise<Lane> {
  const json = join(directory, `${names.join('-')}.json`);
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    ['test/rig.ts', ...names, '--quick', '--seed', seed, '--json', json],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  running.add(child);
  const said: Buffer[] = [];
  child.stdout?.on('data', (piece: Buffer) => said.push(piece));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  running.delete(child);
  process.stdout.write(Buffer.concat(said));
  const seconds = (performance.now() - startedMs) / 1_000;
  return { checks: readChecks(json) ?? [brokenLane(names, code)], seconds };
}

/** Null when the lane ended before it wrote any. */
function readChecks(json: string): readonly Check[] | null {
  try {
    return (JSON.parse(readFileSync(json, 'utf8')) as { readonly checks: readonly Check[] }).checks;
  } catch {
    return null;
  }
}

function brokenLane(names: readonly string[], code: number | null): Check {
  const note = `the process of ${names.join(', ')} ended with ${code ?? 'a signal'} and wrote no checks`;
  return { id: `${names.join('-')}.ran`, value: 0, bar: 1, op: '>=', ok: false, n: 1, note };
}

function readOptions(): { readonly seed: string; readonly json: string | undefined } | string | null {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return null;
    if (!/^\d{1,9}$/.test(values.seed)) return `--seed takes a whole number, not ${values.seed}`;
    return { seed: values.seed, json: values.json };
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === null) return console.log(help);
  if (typeof options === 'string') {
    console.error(`${options}\n\n${help}`);
    process.exitCode = USAGE_ERROR;
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'pilotlight-smoke-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      for (const child of running) child.kill('SIGTERM');
      process.exit(STOPPED);
    });
  const checks: Check[] = [];
  const took: string[] = [];
  const startedMs = performance.now();
  for (const [at, lanes] of readStages().entries()) {
    console.error(sayStage(lanes, at));
    const ended = await Promise.all(lanes.map((names) => runLane(names, options.seed, directory)));
    for (const [lane, { checks: found, seconds }] of ended.entries()) {
      checks.push(...found);
      took.push(`${lanes[lane]?.join('+') ?? ''} ${seconds.toFixed(0)} s`);
    }
  }
  printChecks(checks);
  console.log(`took: ${took.join(', ')}; in all ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
  if (options.json !== undefined) writeChecks(options.json, checks);
  process.exitCode = checks.every(({ ok }) => ok) ? 0 : 1;
}

await main();
