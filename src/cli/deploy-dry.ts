// `npm run deploy:dry`: bundles the Worker for production as `wrangler deploy` would, without an account. Any warning is a failure: the
// usual one is a binding that an environment does not inherit.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DashboardBuild } from './dev/dashboard-build.ts';

const root = resolve(import.meta.dirname, '../..');
const quiet = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CI: '1',
  NO_COLOR: '1',
};

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-deploy-'));
  try {
    const broken = await new DashboardBuild({ root, stateDir: folder }).run();
    if (broken !== null) return fail(`the dashboard could not be built: ${broken}`);
    const args = ['deploy', '--dry-run', '--env', 'production', '--outdir', folder];
    const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
    const run = spawnSync(process.execPath, [wrangler, ...args], {
      cwd: root,
      env: { ...process.env, ...quiet },
      encoding: 'utf8',
    });
    const words = `${run.stdout}${run.stderr}`;
    if (run.status !== 0) return fail(words);
    const warnings = words.split('\n').filter((line) => /warning|not inherited/i.test(line));
    if (warnings.length > 0) return fail(words);
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.js'))) {
      const bytes = readFileSync(join(folder, name));
      console.log(`${name}: ${kib(bytes.length)} KiB, ${kib(gzipSync(bytes).length)} KiB gzip, no warning`);
    }
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fail(reason: string): number {
  console.error(reason);
  return 1;
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(0);
}

process.exitCode = await main();
