// The environment that every model server reads, parsed once: names, defaults, bounds. What one kind of server needs besides is parsed
// by that server. Pure.
//
//   PORT                      port on 127.0.0.1 (required)
//   PILOTLIGHT_SLOTS          requests served at once (default 1)
//   PILOTLIGHT_VERSION        id shown as `model` in replies (default: the server's kind)
//   PILOTLIGHT_KEY            key that callers show as a bearer token; unset = whoever reaches the port may ask
//   PILOTLIGHT_PARENT_WATCH   1 = exit when stdin closes, because whoever started the server is gone
import { err, ok, type Result } from '../../src/core/base/result.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ServerSettings {
  readonly port: number;
  readonly slots: number;
  readonly version: string;
  readonly parentWatch: boolean;
  readonly key: string | null;
}

/** Each slot has its own share of the context's memory; more than this is a slip of the pen. */
const slotsMax = 256;
const versionCharsMax = 200;

export function parseSettings(env: Environment, kind: string): Result<ServerSettings, string> {
  const port = parseInteger(env, 'PORT', { low: 1, high: 65_535 });
  if (!port.ok) return port;
  const slots = parseInteger(env, 'PILOTLIGHT_SLOTS', { low: 1, high: slotsMax, preset: 1 });
  if (!slots.ok) return slots;
  const version = env['PILOTLIGHT_VERSION'] ?? kind;
  if (version === '' || version.length > versionCharsMax) {
    return err(`PILOTLIGHT_VERSION must have 1 to ${versionCharsMax} characters`);
  }
  const parentWatch = env['PILOTLIGHT_PARENT_WATCH'] === '1';
  const key = env['PILOTLIGHT_KEY'] ?? '';
  return ok({
    port: port.value,
    slots: slots.value,
    version,
    parentWatch,
    key: key === '' ? null : key,
  });
}

export interface IntegerBounds {
  readonly low: number;
  readonly high: number;
  readonly preset?: number;
}

export function parseInteger(env: Environment, name: string, bounds: IntegerBounds): Result<number, string> {
  const { low, high, preset } = bounds;
  const text = env[name];
  if (text === undefined && preset !== undefined) return ok(preset);
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return ok(value);
  return err(`${name} must be a whole number from ${low} to ${high}, not ${JSON.stringify(text ?? null)}`);
}
