// What `npm run rules` takes: commands with their arguments, options, and what goes with what.
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../core/base/result.ts';
import { parseVersion } from '../../core/tenant/rule-requests.ts';
import { devAdminToken } from '../replay/replay-options.ts';

/** Arguments after the command: the fewest and the most. */
const commands = {
  check: [1, 1_000],
  apply: [1, 1_000],
  diff: [1, 1_000],
  show: [1, 1],
  list: [1, 1],
  rollback: [2, 2],
  explain: [2, 2],
  'dry-run': [3, 3],
  status: [0, 1],
} as const;
export type RulesCommand = keyof typeof commands;

export interface RulesRequest {
  readonly command: RulesCommand;
  readonly arguments: readonly string[];
  /** Nothing is published. */
  readonly isDry: boolean;
  readonly from: number | null;
  readonly to: number | null;
  readonly version: number | null;
  readonly url: string;
  readonly token: string;
  readonly comment: string | null;
  readonly by: string;
  readonly json: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const optionShapes = {
  'dry-run': flag,
  from: text,
  to: text,
  version: text,
  url: text,
  token: text,
  comment: text,
  by: text,
  json: flag,
} as const;

/** Options that mean something to some commands alone. */
const onlyOf: Readonly<Record<string, readonly RulesCommand[]>> = {
  'dry-run': ['apply'],
  from: ['diff'],
  to: ['diff'],
  version: ['show'],
  comment: ['apply', 'rollback'],
  by: ['apply', 'rollback'],
};

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user: () => string;
}

const machine: Surroundings = { env: process.env, user: () => userInfo().username };

/** The request, or one line that says what is wrong. */
export function readRulesOptions(
  args: readonly string[],
  surroundings: Surroundings = machine,
): Result<RulesRequest, string> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: optionShapes, allowPositionals: true });
  } catch (cause) {
    return err((cause instanceof Error ? cause.message : String(cause)).split(/\.\s/)[0] ?? '');
  }
  const { values, positionals } = parsed;
  const [command = '', ...rest] = positionals;
  if (!isCommand(command)) return err(`"${command}" is no command`);
  const wrong =
    checkArguments(command, rest) ?? checkOptions(command, values) ?? checkDiff(command, rest, values);
  if (wrong !== null) return err(wrong);
  const place = readPlace(values, surroundings.env);
  if (!place.ok) return place;
  return ok({
    ...place.value,
    command,
    arguments: rest,
    isDry: command === 'diff' || values['dry-run'] === true,
    from: numberOf(values.from),
    to: numberOf(values.to),
    version: numberOf(values.version),
    comment: values.comment ?? null,
    by: values.by ?? userOf(surroundings),
    json: values.json === true,
  });
}

/** A tenant's name has no dot, a file's has: which of its two forms a command is in shows in its arguments. */
export function namesFiles({ arguments: given }: Pick<RulesRequest, 'arguments'>): boolean {
  return given.some((each) => /[./\\]/.test(each));
}

function isCommand(command: string): command is RulesCommand {
  return Object.hasOwn(commands, command);
}

function checkArguments(command: RulesCommand, given: readonly string[]): string | null {
  const [min, max] = commands[command];
  const isFine = given.length >= min && given.length <= max;
  return isFine ? null : `${command} takes ${sayCount(min, max)}, not ${given.length}`;
}

type Values = Readonly<Partial<Record<keyof typeof optionShapes, string | boolean>>>;

function checkOptions(command: RulesCommand, values: Values): string | null {
  for (const [option, meant] of Object.entries(onlyOf))
    if (option in values && !meant.includes(command))
      return `--${option} means nothing to ${command} (only to ${meant.join(', ')})`;
  for (const option of ['from', 'to', 'version'] as const) {
    const given = values[option];
    if (typeof given === 'string' && parseVersion(given) === null)
      return `--${option} must be the number of a version, not "${given}"`;
  }
  return null;
}

function checkDiff(
  command: RulesCommand,
  given: readonly string[],
  { from, to }: { readonly from?: string; readonly to?: string },
): string | null {
  if (command !== 'diff') return null;
  const isFiles = namesFiles({ arguments: given });
  if (isFiles && (from !== undefined || to !== undefined))
    return '--from and --to compare versions of a tenant, not files';
  return !isFiles && given.length > 1 ? 'diff takes files, or one tenant' : null;
}

function readPlace(
  values: { readonly url?: string; readonly token?: string },
  env: Surroundings['env'],
): Result<Pick<RulesRequest, 'url' | 'token'>, string> {
  const given = values.url ?? env['PILOTLIGHT_URL'] ?? 'http://127.0.0.1:8787';
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return err(`--url must be an http or https URL, not "${given}"`);
  const token =
    values.token ?? env['PILOTLIGHT_ADMIN_TOKEN'] ?? (loopback.test(url.hostname) ? devAdminToken : null);
  if (token === null || !/^[A-Za-z0-9._~+/=-]{1,512}$/.test(token))
    return err('--token TOKEN or PILOTLIGHT_ADMIN_TOKEN must hold the admin token of that deployment');
  return ok({ url: url.origin, token });
}

function userOf({ user }: Surroundings): string {
  try {
    return user().slice(0, 100) || 'cli';
  } catch {
    // A container's user need not have a name.
    return 'cli';
  }
}

function numberOf(given: string | undefined): number | null {
  return given === undefined ? null : parseVersion(given);
}

function sayCount(min: number, max: number): string {
  if (min === max) return `${min} argument${min === 1 ? '' : 's'}`;
  return max > 100 ? `at least ${min} argument` : `${min} to ${max} arguments`;
}
