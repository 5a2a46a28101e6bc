// Runs test files in a process of their own and reads what came of each test. Owns the process and all that it starts.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestOutcome } from './matrix.ts';

export const project = resolve(import.meta.dirname, '../..');

/** The longest takes two minutes; more is a hang that no limit of a test has ended. */
const runMsMax = 900_000;
/** Programs end what they have started, and say so to each other, before they go. */
const graceMs = 5_000;

export interface SuiteRun {
  readonly outcomes: readonly TestOutcome[];
  /** Files that are not there, did not load, or failed outside of their tests. */
  readonly broken: readonly string[];
}

export interface RunOptions {
  /** Ends the run, and everything that it has started; the reason is thrown. */
  readonly ending: AbortSignal;
  /** The copy of the project that is run. */
  readonly root?: string;
  /** Parts of the titles of the tests that are run; left out: all. */
  readonly only?: readonly string[];
  /** Whether one failure tells all that is wanted. */
  readonly endsAtFailure?: boolean;
}

/** What vitest's JSON reporter tells of one file. */
export interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly TestOutcome[];
}

interface Ended {
  readonly code: number | null;
  /** The end of what it printed. */
  readonly output: string;
}

/** All files are of one of vitest's projects. */
export async function runSuites(files: readonly string[], options: RunOptions): Promise<SuiteRun> {
  const { root = project, ending } = options;
  const missing = files.filter((file) => !existsSync(join(root, file))).map((file) => `${file} is not there`);
  const present = files.filter((file) => existsSync(join(root, file)));
  if (present.length === 0) return { outcomes: [], broken: missing };
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-conformance-'));
  const report = join(folder, 'report.json');
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    projectOf(files),
    '--reporter=json',
    `--outputFile=${report}`,
    ...flagsOf(options),
    ...present,
  ];
  try {
    const ended = await run(args, root, ending);
    if (!existsSync(report))
      return { outcomes: [], broken: [...missing, `vitest gave no report: ${ended.output}`] };
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      readonly testResults: readonly FileReport[];
    };
    return {
      outcomes: testResults.flatMap(({ assertionResults }) => assertionResults),
      broken: [...missing, ...tellBroken(testResults, ended)],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What went wrong outside of tests. A hook that throws fails its file alone: the reporter calls its tests skipped. */
export function tellBroken(files: readonly FileReport[], { code, output }: Ended): readonly string[] {
  const failed = files.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return code === 0 ? [] : [`vitest ended with code ${code}: ${output}`];
  return failed
    .filter(({ assertionResults }) => assertionResults.every(({ status }) => status !== 'failed'))
    .map(({ name, message }) => `${name}: ${message === '' ? 'failed outside of its tests' : message}`);
}

/** The one of vitest's projects that this file belongs to: its folder's name. */
export function projectOf([first = '']: readonly string[]): string {
  return /^test\/(unit|conformance|e2e)\//.exec(first)?.[1] ?? 'conformance';
}

function flagsOf({ only = [], endsAtFailure = false }: RunOptions): readonly string[] {
  const titles = only.map((title) => title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return [...(titles.length > 0 ? ['-t', titles.join('|')] : []), ...(endsAtFailure ? ['--bail=1'] : [])];
}

async function run(args: readonly string[], cwd: string, ending: AbortSignal): Promise<Ended> {
  ending.throwIfAborted();
  const late = AbortSignal.timeout(runMsMax);
  const ended = AbortSignal.any([ending, late]);
  // A group of its own, so that the programs of its tests can be ended with it.
  const env = { ...process.env, NO_COLOR: '1' };
  const child = spawn(process.execPath, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => (output = (output + piece).slice(-2_000)));
  const { promise, resolve: done, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', done);
  let grace: NodeJS.Timeout | null = null;
  const end = (): void => {
    signalGroup(child, 'SIGTERM');
    grace = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
  };
  ended.addEventListener('abort', end, { once: true });
  try {
    const code = await promise;
    ending.throwIfAborted();
    return { code, output: late.aborted ? `no end within ${runMsMax / 1_000} s: ${output}` : output };
  } finally {
    ended.removeEventListener('abort', end);
    if (grace !== null) clearTimeout(grace);
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them are gone.
  }
}
