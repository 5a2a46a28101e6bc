// What `npm run replay` takes: options with defaults and bounds. Owns the spelling and what excludes what.
import { demand, OptionError, readNumber, readOptions } from '../sim/option-values.ts';
import { err, ok, type Result } from '../../core/base/result.ts';
import { seedMax } from '../sim/sim-options.ts';

export type Place =
  | {
      readonly kind: 'target';
      readonly url: string;
      readonly keys: readonly string[];
      readonly adminToken: string | null;
    }
  | { readonly kind: 'stack' }
  | { readonly kind: 'models'; readonly file: string }
  | { readonly kind: 'record'; readonly file: string };

export interface ReplayRequest {
  readonly place: Place;
  readonly files: readonly string[];
  readonly seed: number;
  readonly speed: number;
  readonly fromS: number | null;
  readonly minutes: number;
  readonly poolsMax: number | null;
  /** The one model that all requests ask for; null = the pool's name in the trace. */
  readonly model: string | null;
  readonly loadMs: number;
  readonly wakeMs: number;
  readonly inFlightMax: number;
  readonly json: string | null;
  readonly record: string | null;
}

/** Well-known keys of a development machine; no other deployment accepts them. */
export const devKeys = ['sk-pilotlight-dev', 'sk-pilotlight-acme'] as const;
export const devAdminToken = 'admin-pilotlight-dev';

const minutesMax = 10_080;
const keysMax = 100;

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;
const optionShapes = {
  file: list,
  seed: text,
  speed: text,
  from: text,
  minutes: text,
  pools: text,
  target: text,
  stack: flag,
  'write-models': text,
  recorded: text,
  key: list,
  'admin-token': text,
  model: text,
  load: text,
  wake: text,
  'in-flight': text,
  'allow-remote': flag,
  json: text,
  record: text,
} as const;

export function readReplayOptions(args: readonly string[]): Result<ReplayRequest, string> {
  return readOptions(args, optionShapes, (values): ReplayRequest => {
    const count = (name: 'pools' | 'in-flight', max: number, preset: number | null): number | null => {
      const given = values[name];
      return given === undefined ? preset : readNumber(name, given, { min: 1, max, isWhole: true });
    };
    const seconds = (name: 'load' | 'wake', preset: number): number =>
      1000 * readNumber(name, values[name] ?? String(preset), { min: 0, max: 3600 });
    return {
      place: demand(readPlace(values)),
      files: values.file ?? [],
      seed: readNumber('seed', values.seed ?? '1', { min: 0, max: seedMax, isWhole: true }),
      speed: readNumber('speed', values.speed ?? '60', { min: 0.1, max: 1000 }),
      fromS: readFrom(values.from),
      minutes: readNumber('minutes', values.minutes ?? '30', { min: 0, max: minutesMax, isAbove: true }),
      poolsMax: count('pools', 10_000, null),
      model: values.model ?? null,
      loadMs: seconds('load', 23),
      wakeMs: seconds('wake', 2),
      inFlightMax: count('in-flight', 10_000, 256) ?? 256,
      json: values.json ?? null,
      record: values.record ?? null,
    };
  });
}

function readFrom(given: string | undefined): number | null {
  if (given === undefined || given === 'busiest') return null;
  return readNumber('from', given, { min: 0, max: 86_400 * 3_660 });
}

interface PlaceValues {
  readonly target?: string;
  readonly stack?: boolean;
  readonly 'write-models'?: string;
  readonly recorded?: string;
  readonly key?: readonly string[];
  readonly 'admin-token'?: string;
  readonly 'allow-remote'?: boolean;
}

function readPlace(values: PlaceValues): Result<Place, string> {
  const { target, stack = false, 'write-models': models, recorded } = values;
  const given = [target, stack ? '' : undefined, models, recorded].filter((each) => each !== undefined);
  if (given.length === 0) return err('give --target URL, or --stack for a deployment of its own (--help)');
  if (given.length > 1)
    return err('--target, --stack, --write-models and --recorded exclude each other: give one of them');
  if (models !== undefined) return ok({ kind: 'models', file: models });
  if (recorded !== undefined) return ok({ kind: 'record', file: recorded });
  return target === undefined ? ok({ kind: 'stack' }) : readTarget(target, values);
}

function readTarget(target: string, values: PlaceValues): Result<Place, string> {
  const url = URL.parse(target);
  if (url === null || !/^https?:$/.test(url.protocol))
    return err(`--target must be an http or https URL, not "${target}"`);
  if (url.pathname !== '/' || url.search !== '' || url.username !== '')
    return err(`--target is the endpoint's origin, without path or user: ${url.origin}`);
  const isLoopback = /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/.test(url.hostname);
  if (!isLoopback && values['allow-remote'] !== true)
    return err(`--target ${url.origin} is another machine: add --allow-remote if this load is meant for it`);
  const keys = values.key ?? (isLoopback ? devKeys : []);
  if (keys.length === 0) return err('give --key KEY for a target that is not this machine');
  if (keys.length > keysMax) throw new OptionError(`at most ${keysMax} keys are taken, not ${keys.length}`);
  const adminToken = values['admin-token'] ?? (isLoopback ? devAdminToken : null);
  return ok({ kind: 'target', url: url.origin, keys, adminToken });
}
