// Where the Worker calls models by itself: for each version that has no agent, the address, the name of the model there and the key. All of
// it comes from the deployment's configuration and its secrets, nothing from a request or from what a pool has stored. Pure.
import { err, ok, type Result } from '../../core/base/result.ts';
import { unreachable } from '../../core/base/assert.ts';
import type {
  EdgeLaunch,
  OpenaiLaunch,
  RunpodLaunch,
  WorkersAiLaunch,
} from '../../core/registry/edge-launch.ts';
import type { Catalogue, Launch } from '../../core/registry/model.ts';
import { isLoopback } from '../in-the-clear.ts';

export interface Upstream {
  readonly kind: EdgeLaunch['kind'];
  /** What stands before `/chat/completions`. */
  readonly baseUrl: string;
  /** The model's name there. */
  readonly model: string;
  /** Shown as a bearer token; null where none is asked for. */
  readonly key: string | null;
}

/** By version id. */
export type Upstreams = ReadonlyMap<string, Upstream>;

export interface UpstreamAccess {
  readonly runpodKey: string;
  /** `https://api.runpod.ai`: what endpoints are asked at. */
  readonly runpodUrl: string;
  /** `https://rest.runpod.io/v1`: where they are set. */
  readonly runpodRestUrl: string;
  readonly workersAiAccount: string;
  readonly workersAiToken: string;
  /** `https://api.cloudflare.com/client/v4` */
  readonly workersAiUrl: string;
  /** Hosts that may be called for versions of kind `openai`, with a port where it is not the usual one. */
  readonly hosts: readonly string[];
  /** Whether plain http to this machine is good enough: in development. */
  readonly isDev: boolean;
  /** A secret by its name; empty when it is not set. */
  secret(name: string): string;
}

/** Variables whose value is wrong or missing, and what to do about it. */
export interface UpstreamFault {
  readonly variables: readonly string[];
  readonly reason: string;
}

type Read = Result<Upstream, UpstreamFault>;

/** The first fault that is met. */
export function readUpstreams(
  { versions }: Pick<Catalogue, 'versions'>,
  access: UpstreamAccess,
): Result<Upstreams, UpstreamFault> {
  const upstreams = new Map<string, Upstream>();
  for (const { id, launch } of versions) {
    if (!isEdgeLaunch(launch)) continue;
    const upstream = readOne(id, launch, access);
    if (!upstream.ok) return upstream;
    upstreams.set(id, upstream.value);
  }
  return ok(upstreams);
}

export function isEdgeLaunch(launch: Launch): launch is EdgeLaunch {
  return launch.kind === 'runpod' || launch.kind === 'openai' || launch.kind === 'workers-ai';
}

function readOne(id: string, launch: EdgeLaunch, access: UpstreamAccess): Read {
  switch (launch.kind) {
    case 'runpod':
      return readRunpod(id, launch, access);
    case 'openai':
      return readOpenai(id, launch, access);
    case 'workers-ai':
      return readWorkersAi(id, launch, access);
    default:
      return unreachable(launch);
  }
}

function readRunpod(id: string, { kind, endpoint, model }: RunpodLaunch, access: UpstreamAccess): Read {
  const { runpodKey: key, runpodUrl, runpodRestUrl, isDev } = access;
  if (key === '') return missing(id, 'RUNPOD_API_KEY');
  if (!isSafe(runpodUrl, isDev)) return inTheClear('RUNPOD_API_URL');
  if (!isSafe(runpodRestUrl, isDev)) return inTheClear('RUNPOD_REST_URL');
  return ok({ kind, baseUrl: `${runpodUrl}/v2/${endpoint}/openai/v1`, model, key });
}

function readOpenai(id: string, launch: OpenaiLaunch, { hosts, isDev, secret }: UpstreamAccess): Read {
  const { kind, baseUrl, model, keySecret } = launch;
  const url = URL.parse(baseUrl);
  if (url === null) return fault('EXTRA_MODELS', `the baseUrl of ${id} is no URL: ${baseUrl}`);
  if (!hosts.some((host) => spellHost(host, url) === url.host))
    return fault(
      'UPSTREAM_HOSTS',
      `${id} is served at ${url.host}, which UPSTREAM_HOSTS does not list: add it there, if prompts may go to it`,
    );
  if (!isSafe(baseUrl, isDev))
    return fault(
      'EXTRA_MODELS',
      `the baseUrl of ${id} must begin with https: prompts and the key would cross the network in the clear`,
    );
  const key = keySecret === null ? null : secret(keySecret);
  if (keySecret !== null && key === '') return missing(id, keySecret);
  return ok({ kind, baseUrl, model, key });
}

function readWorkersAi(id: string, { kind, model }: WorkersAiLaunch, access: UpstreamAccess): Read {
  const { workersAiAccount: account, workersAiToken: key, workersAiUrl, isDev } = access;
  if (account === '')
    return fault('WORKERS_AI_ACCOUNT', `${id} needs WORKERS_AI_ACCOUNT, the id of the account that pays`);
  if (key === '') return missing(id, 'WORKERS_AI_TOKEN');
  if (!isSafe(workersAiUrl, isDev)) return inTheClear('WORKERS_AI_URL');
  return ok({ kind, baseUrl: `${workersAiUrl}/accounts/${account}/ai/v1`, model, key });
}

/** A listed host as a URL of this scheme spells it: without the scheme's own port, addresses in their short form. */
function spellHost(host: string, { protocol }: URL): string | null {
  return URL.parse(`${protocol}//${host}`)?.host ?? null;
}

/** Whether a key may be sent there. */
function isSafe(text: string, isDev: boolean): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  const { protocol } = url;
  return protocol === 'https:' || (isDev && protocol === 'http:' && isLoopback(url));
}

function inTheClear(variable: string): Read {
  return fault(
    variable,
    `${variable} must be an https URL: prompts and the key would cross the network in the clear`,
  );
}

function missing(id: string, secret: string): Read {
  return fault(secret, `${id} needs the secret ${secret}: npx wrangler secret put ${secret} --env ENV`);
}

function fault(variable: string, reason: string): Read {
  return err({ variables: [variable], reason });
}
