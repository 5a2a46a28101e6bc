// Builds the dashboard when its sources are newer than what was built. The Worker serves the folder, so that there is always one,
// if only with a page that says what is missing.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markOf } from './leftovers.ts';
import { endGroup } from './process-group.ts';
import type { DevSettings } from './settings.ts';

/** What a broken build says at most. */
const wordsMax = 2_000;
const minimalPage =
  '<!doctype html><html lang="en"><title>Pilotlight</title><p>The dashboard could not be built; the endpoint runs.</p></html>\n';

export class DashboardBuild {
  readonly #root: string;
  readonly #stateDir: string;
  #child: ChildProcess | null = null;

  constructor({ root, stateDir }: Pick<DevSettings, 'root' | 'stateDir'>) {
    this.#root = root;
    this.#stateDir = stateDir;
  }

  /** Resolves with what went wrong, or null. A broken page must not keep the endpoint from starting. */
  async run(): Promise<string | null> {
    if (isDashboardBuilt(this.#root)) return null;
    const { sources, page } = placesIn(this.#root);
    const broken = existsSync(join(sources, 'index.html'))
      ? await this.#build(sources)
      : 'src/dashboard has no page';
    if (existsSync(page)) return broken;
    mkdirSync(join(this.#root, 'dist/dashboard'), { recursive: true });
    writeFileSync(page, minimalPage);
    // Older than any source, so that the next start builds again.
    utimesSync(page, 0, 0);
    return broken ?? 'the build ended without a page';
  }

  async stop(): Promise<void> {
    if (this.#child !== null) await endGroup(this.#child);
  }

  #build(sources: string): Promise<string | null> {
    const vite = join(this.#root, 'node_modules/vite/bin/vite.js');
    const child = spawn(process.execPath, [vite, 'build', sources, '--logLevel', 'warn'], {
      cwd: this.#root,
      env: { ...process.env, ...markOf(this.#stateDir), NO_COLOR: '1', FORCE_COLOR: '0' },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let words = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => (words = (words + piece).slice(-wordsMax)));
    }
    const { promise, resolve } = Promise.withResolvers<string | null>();
    child.once('error', (cause) => resolve(cause.message));
    child.once('close', (code) => {
      this.#child = null;
      resolve(code === 0 ? null : words.trim() || `the build ended with ${code}`);
    });
    return promise;
  }
}

/** Whether there is a page that is younger than its sources. */
export function isDashboardBuilt(root: string): boolean {
  const { sources, page } = placesIn(root);
  return existsSync(page) && statSync(page).mtimeMs > newestMs(sources);
}

function placesIn(root: string): { readonly sources: string; readonly page: string } {
  return { sources: join(root, 'src/dashboard'), page: join(root, 'dist/dashboard/index.html') };
}

function newestMs(folder: string): number {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Math.max(0, ...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}
