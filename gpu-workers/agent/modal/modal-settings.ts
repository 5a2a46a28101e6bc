// The agent's environment as far as Modal is concerned, parsed once. Owns names, defaults and bounds. Pure.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import { parseNumber, type Variables } from '../variables.ts';

export interface ModalSettings {
  readonly owner: string;
  readonly gpusMax: number;
  readonly key: string | null;
  readonly lifeMsMax: number;
  readonly claimMs: number;
  readonly sweepMs: number;
  readonly endsWithAgent: boolean;
  /** What Modal asks of callers of protected web functions. */
  readonly proxyHeaders: Readonly<Record<string, string>>;
}

export const modalSettingsHelp = `  MODAL_TOKEN_ID, MODAL_TOKEN_SECRET   needed as soon as a model is launched on Modal
  MODAL_ENVIRONMENT       the environment of the workspace that apps and functions are looked for in (default: the workspace's own)
  MODAL_OWNER             tag that tells this agent's sandboxes from another's in the same workspace (default "default")
  MODAL_GPUS_MAX          most GPUs that all of them may have at once (default 4)
  MODAL_ON_END            keep = sandboxes outlive the agent, and the next one takes them over (default); stop = they end with it
  MODAL_LIFE_MS           a sandbox ends by itself after this long (default 86400000, which is Modal's own limit)
  MODAL_CLAIM_MS          one that is found running is ended when no pool asks about it for this long (default 300000)
  MODAL_SWEEP_MS          what runs is compared with what is known this often (default 10000)
  MODAL_PROXY_ID, MODAL_PROXY_SECRET   proxy token, where web functions ask for one; the edge has the same
  REPLICA_KEY             key that replicas outside this machine ask of their callers; the edge has the same`;

const dayMs = 86_400_000;
/** Whoever has more needs more agents: one lists all that it has every ten seconds. */
const gpusMaxMax = 1_000;

export function parseModalSettings(env: Variables): Result<ModalSettings, string> {
  for (const name of ['MODAL_TOKEN_ID', 'MODAL_TOKEN_SECRET']) {
    if ((env[name] ?? '') === '') return err(`${name} is not set, and a model is launched on Modal`);
  }
  const owner = env['MODAL_OWNER'] ?? 'default';
  if (!/^[A-Za-z0-9.-]{1,40}$/.test(owner))
    return err('MODAL_OWNER must be 1 to 40 letters, digits, dots and dashes');
  const onEnd = env['MODAL_ON_END'] ?? 'keep';
  if (onEnd !== 'keep' && onEnd !== 'stop') return err('MODAL_ON_END must be keep or stop');
  const keys = parseKeys(env);
  if (!keys.ok) return keys;
  const numbers = parseNumbers(env);
  if (!numbers.ok) return numbers;
  // Modal takes whole seconds.
  if (numbers.value.lifeMsMax % 1_000 !== 0) return err('MODAL_LIFE_MS must be whole seconds');
  return ok({ ...numbers.value, ...keys.value, owner, endsWithAgent: onEnd === 'stop' });
}

function parseKeys(env: Variables): Result<Pick<ModalSettings, 'key' | 'proxyHeaders'>, string> {
  const key = env['REPLICA_KEY'] ?? '';
  if (key !== '' && key.length < 16) return err('REPLICA_KEY must have 16 characters at least');
  const id = env['MODAL_PROXY_ID'] ?? '';
  const secret = env['MODAL_PROXY_SECRET'] ?? '';
  if ((id === '') !== (secret === '')) return err('MODAL_PROXY_ID and MODAL_PROXY_SECRET go together');
  const proxyHeaders: Record<string, string> = id === '' ? {} : { 'modal-key': id, 'modal-secret': secret };
  return ok({ key: key === '' ? null : key, proxyHeaders });
}

type Numbers = Pick<ModalSettings, 'gpusMax' | 'lifeMsMax' | 'claimMs' | 'sweepMs'>;

function parseNumbers(env: Variables): Result<Numbers, string> {
  const gpusMax = parseNumber(env, 'MODAL_GPUS_MAX', 4, [1, gpusMaxMax]);
  if (!gpusMax.ok) return gpusMax;
  const lifeMsMax = parseNumber(env, 'MODAL_LIFE_MS', dayMs, [60_000, dayMs]);
  if (!lifeMsMax.ok) return lifeMsMax;
  const claimMs = parseNumber(env, 'MODAL_CLAIM_MS', 300_000, [1_000, dayMs]);
  if (!claimMs.ok) return claimMs;
  const sweepMs = parseNumber(env, 'MODAL_SWEEP_MS', 10_000, [100, 3_600_000]);
  if (!sweepMs.ok) return sweepMs;
  return ok({
    gpusMax: gpusMax.value,
    lifeMsMax: lifeMsMax.value,
    claimMs: claimMs.value,
    sweepMs: sweepMs.value,
  });
}
