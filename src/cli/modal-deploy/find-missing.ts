// What is missing before Modal's command can deploy anything: the command itself, of a version that knows what the apps use, and a token.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Missing {
  readonly what: string;
  readonly remedy: string;
}

/** Sources are added to images by name from here on. */
const majorMin = 1;

type Variables = Readonly<Record<string, string | undefined>>;

export function findMissing(env: Variables): readonly Missing[] {
  return [whyNoCommand(env), whyNoToken(env)].filter((each) => each !== null);
}

function whyNoCommand(env: Variables): Missing | null {
  const asked = spawnSync('modal', ['--version'], { encoding: 'utf8', env: { ...env }, timeout: 30_000 });
  const remedy = "install it with `pip install 'modal>=1.4'`, in the Python that this shell uses";
  if (asked.error !== undefined || asked.status !== 0) return { what: "Modal's command", remedy };
  const version = /(\d+)\.\d+/.exec(asked.stdout);
  if (version !== null && Number(version[1]) >= majorMin) return null;
  return { what: `a newer version of Modal's command: this is "${asked.stdout.trim()}"`, remedy };
}

/** In the environment, or in the file that `modal setup` writes. */
function whyNoToken(env: Variables): Missing | null {
  const hasVariables = ['MODAL_TOKEN_ID', 'MODAL_TOKEN_SECRET'].every((name) => (env[name] ?? '') !== '');
  if (hasVariables) return null;
  const file = env['MODAL_CONFIG_PATH'] ?? join(env['HOME'] ?? homedir(), '.modal.toml');
  if (/^\s*token_id\s*=/m.test(readText(file))) return null;
  const remedy = 'run `modal setup`, or set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET';
  return { what: `a token: neither in the environment nor in ${file}`, remedy };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
