// Bundles the Worker for one environment as `wrangler deploy` would, without an account, and weighs it. Any warning is a failure: the usual
// one is a binding that an environment does not inherit.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { err, ok, type Result } from '../../core/base/result.ts';
import { DashboardBuild } from '../dev/dashboard-build.ts';
import { runWrangler } from './run-wrangler.ts';
import { readUpload, type Upload } from './upload.ts';

/** A third of what a free account may upload: what an isolate loads before its first request is what a cold start waits for. */
export const gzipBytesMax = 1024 * 1024;

export interface Bundle {
  readonly upload: Upload;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** The form, for whoever measures its start. */
  readonly file: string;
}

export interface BundleAsk {
  readonly root: string;
  readonly env: string;
  /** An empty folder. */
  readonly folder: string;
}

export async function bundleWorker({ root, env, folder }: BundleAsk): Promise<Result<Bundle, string>> {
  const broken = await new DashboardBuild({ root, stateDir: folder }).run();
  if (broken !== null) return err(`the dashboard could not be built: ${broken}`);
  const file = join(folder, 'worker.bundle');
  const args = ['deploy', '--dry-run', '--env', env, '--outfile', file];
  const { isGood, words } = await runWrangler({ root, args });
  if (!isGood) return err(words);
  if (warningsIn(words).length > 0) return err(`wrangler warns, and a warning is a failure here:\n${words}`);
  const upload = await readUpload(new Uint8Array(readFileSync(file)));
  const modules = Object.entries(upload.modules).filter(([name]) => !name.endsWith('.map'));
  const sum = (size: (bytes: Uint8Array) => number): number =>
    modules.reduce((total, [, bytes]) => total + size(bytes), 0);
  const bundle = {
    upload,
    file,
    bytes: sum(({ length }) => length),
    gzipBytes: sum((each) => gzipSync(each).length),
  };
  const tooLarge = whyTooLarge(bundle.gzipBytes);
  return tooLarge === null ? ok(bundle) : err(tooLarge);
}

/** Null = it may be uploaded. */
export function whyTooLarge(gzipBytes: number): string | null {
  if (gzipBytes <= gzipBytesMax) return null;
  return `the Worker is ${kib(gzipBytes)} KiB gzip, more than the ${kib(gzipBytesMax)} it may be`;
}

/** Lines in which wrangler complains of what it goes on with. */
export function warningsIn(words: string): readonly string[] {
  return words.split('\n').filter((line) => /warning|not inherited/i.test(line));
}

export function kib(bytes: number): string {
  return (bytes / 1024).toFixed(0);
}
