// Builds the dashboard when its sources are newer than what was built. The Worker serves the folder; without it there is no page.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns what went wrong, or null. A broken page must not keep the endpoint from starting. */
export function buildDashboard(root: string): string | null {
  const built = join(root, 'dist/dashboard/index.html');
  const sources = join(root, 'src/dashboard');
  if (existsSync(built) && statSync(built).mtimeMs > newestMs(sources)) return null;
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const run = spawnSync(process.execPath, [vite, 'build', sources, '--logLevel', 'warn'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (run.status === 0 && existsSync(built)) return null;
  mkdirSync(join(root, 'dist/dashboard'), { recursive: true });
  if (!existsSync(built))
    writeFileSync(built, '<!doctype html><title>Pilotlight</title><p>The dashboard could not be built.</p>');
  return `${run.stdout}${run.stderr}`.trim() || 'the build ended without a page';
}

function newestMs(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Math.max(
    0,
    ...files
      .filter((file) => file.isFile())
      .map((file) => statSync(join(file.parentPath, file.name)).mtimeMs),
  );
}
