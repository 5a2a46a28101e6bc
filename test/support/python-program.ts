// Python for tests of what is written in it: found, and run with a script of test/support/python.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const scripts = resolve(import.meta.dirname, 'python');
export const modalFolder = resolve(import.meta.dirname, '../../gpu-workers/modal');

/** Why a test that needs Python with this module cannot be run here; null = it can. */
export function whyNoPython(module: string | null = null): string | null {
  const asked = spawnSync(
    'python3',
    ['-c', `import sys${module === null ? '' : `, ${module}`}; print(sys.version_info[:2] >= (3, 10))`],
    {
      encoding: 'utf8',
    },
  );
  if (asked.error !== undefined) return 'there is no python3';
  if (asked.status !== 0) return `python3 has no module ${module}`;
  return asked.stdout.trim() === 'True' ? null : 'python3 is older than 3.10';
}

/** What a script prints as JSON. */
export function runPython(
  script: string,
  args: readonly string[],
  options: { input?: string; path?: string } = {},
): unknown {
  const { input, path } = options;
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const ran = spawnSync('python3', [join(scripts, script), ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: path === undefined ? env : { ...env, PATH: `${path}:${process.env['PATH']}` },
    ...(input === undefined ? {} : { input }),
  });
  if (ran.status !== 0) throw new Error(`${script} ended with ${ran.status}: ${ran.stderr}`);
  return JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
}
