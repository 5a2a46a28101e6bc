// Runs the project's own wrangler, without questions, banners or telemetry. Owns the process; what its answers mean is said elsewhere.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Keeps the tool from asking, from telling anybody of it, and from colouring what is read here. */
const quiet = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_WRITE_LOGS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  CI: '1',
  NO_COLOR: '1',
  FORCE_COLOR: '0',
} as const;

export interface WranglerRun {
  readonly root: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Hears what it says while it runs. */
  readonly onText?: (text: string) => void;
}

export interface WranglerEnd {
  readonly isGood: boolean;
  readonly stdout: string;
  /** All that it said, in the order in which it came. */
  readonly words: string;
}

export async function runWrangler({ root, args, env = {}, onText }: WranglerRun): Promise<WranglerEnd> {
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
  const child = spawn(process.execPath, [wrangler, ...args], {
    cwd: root,
    env: { ...process.env, ...quiet, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let words = '';
  const hear = (text: string): void => {
    words += text;
    onText?.(text);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    hear(text);
  });
  child.stderr.setEncoding('utf8').on('data', hear);
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  const code = await ended;
  return { isGood: code === 0, stdout, words };
}
