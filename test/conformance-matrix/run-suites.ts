// Runs test files in a process of their own and reads what came of each test. Owns the process.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestOutcome } from './matrix.ts';

export const project = resolve(import.meta.dirname, '../..');

export interface SuiteRun {
  readonly outcomes: readonly TestOutcome[];
  /** Files that are not there, or did not load. */
  readonly broken: readonly string[];
}

interface JsonReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly TestOutcome[];
  }[];
}

/** `root`: the copy of the project that is run. `only`: part of the titles of the tests that are run; null = all. All files are of one of
 * vitest's projects. */
export async function runSuites(
  files: readonly string[],
  { root = project, only = null }: { readonly root?: string; readonly only?: string | null } = {},
): Promise<SuiteRun> {
  const missing = files.filter((file) => !existsSync(join(root, file))).map((file) => `${file} is not there`);
  const present = files.filter((file) => existsSync(join(root, file)));
  if (present.length === 0) return { outcomes: [], broken: missing };
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-conformance-'));
  const report = join(folder, 'report.json');
  const titles = only === null ? [] : ['-t', only.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)];
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    projectOf(files),
    '--reporter=json',
    `--outputFile=${report}`,
    ...titles,
    ...present,
  ];
  try {
    const output = await run(args, root);
    if (!existsSync(report))
      return { outcomes: [], broken: [...missing, `vitest gave no report: ${output}`] };
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as JsonReport;
    const unloaded = testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    return {
      outcomes: testResults.flatMap(({ assertionResults }) => assertionResults),
      broken: [...missing, ...unloaded.map(({ name, message }) => `${name}: ${message}`)],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function projectOf([first = '']: readonly string[]): string {
  return /^test\/(unit|conformance|e2e)\//.exec(first)?.[1] ?? 'conformance';
}

/** The end of what it printed. */
async function run(args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, NO_COLOR: '1' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => (output = (output + piece).slice(-2_000)));
  const { promise, resolve: done, reject } = Promise.withResolvers<void>();
  child.once('error', reject).once('close', () => done());
  await promise;
  return output;
}
