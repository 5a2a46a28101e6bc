// Variables -> Config, parsed once per isolate. Every default and bound of the edge stands here with its reason; nothing else reads
// them. Sessions keep the bounds of their own log beside it (src/core/session/session-input.ts).
import { z } from 'zod';
import { catalogue as builtIn } from '../gpu-workers/models.ts';
import { err, ok, type Result } from './core/base/result.ts';
import { prewarmModes, type PrewarmMode } from './core/graph/decide-prewarm.ts';
import { isHost, type HostPolicy } from './core/door/canonical-target.ts';
import { mergeCatalogues, parseCatalogue } from './core/registry/parse-catalogue.ts';
import type { Catalogue, ModelVersion } from './core/registry/model.ts';
import type { DispatchLimits } from './hosts/dispatch.ts';
import { readReplicaKeys, type ReplicaKeys } from './hosts/replica-fetch.ts';
import { findClearEndpoint, findInTheClear, spellHttpHosts } from './backends/in-the-clear.ts';
import { readUpstreams, type UpstreamAccess, type Upstreams } from './backends/upstream/read-upstreams.ts';
import { accessOf, upstreamVariables } from './backends/upstream/upstream-variables.ts';
import type { StoreAccess } from './store/store-access.ts';

/** Plain variables and secrets, among whatever else is bound. */
export type Variables = Readonly<Record<string, unknown>>;

export type Environment = 'dev' | 'staging' | 'production';

export interface Config {
  readonly environment: Environment;
  readonly place: string;
  readonly catalogue: Catalogue;
  readonly agentUrl: string;
  readonly agentToken: string;
  /** What replicas outside this machine ask of their callers. */
  readonly replicaKeys: ReplicaKeys;
  /** Versions that this Worker reaches without the agent. */
  readonly upstreams: Upstreams;
  readonly upstreamAccess: UpstreamAccess;
  /** SHA-256 of the admin token in hex; null = nobody is admin. */
  readonly adminTokenSha256: string | null;
  readonly hosts: HostPolicy;
  readonly waitCostMicrosPerSecond: number;
  /** Replicas that may be hot in all pools together; null = no bound. */
  readonly gpuBudget: number | null;
  /** How often the planner is called. */
  readonly plannerTickMs: number;
  /** Whether planner and pools write down what they are told and what they decide. */
  readonly recordDecisions: boolean;
  /** How far ahead of a run its models are started. */
  readonly prewarm: PrewarmMode;
  /** Whether the functions that benchmarks run are served. */
  readonly probes: boolean;
  /** Where what edges share is kept. */
  readonly store: StoreAccess;
  readonly dispatch: DispatchLimits;
  readonly bounds: RequestBounds;
}

/** What a request may hold. */
export interface RequestBounds {
  readonly bodyBytesMax: number;
  /** Of the input of a function. */
  readonly inputBytesMax: number;
  readonly bodyMs: number;
  readonly depthMax: number;
  readonly headersMax: number;
  readonly headerBytesMax: number;
  readonly messagesMax: number;
  readonly maxTokensMax: number;
}

/** Why nothing can be served. `reason` is for the operator's log alone: it may quote values. */
export interface ConfigFault {
  readonly variables: readonly string[];
  readonly reason: string;
}

/** The well-known token of `npm run dev`: SHA-256 of admin-pilotlight-dev. No other environment takes it. */
const devAdminSha256 = '5425f937d5f1ea23f9c1598c149b02cc1b9e570b4755dc50f24368e098ee19ab';

const bounds: Omit<RequestBounds, 'bodyMs'> = {
  /** Far above any prompt that the served models can read, far below what an isolate can hold. */
  bodyBytesMax: 1024 * 1024,
  /** A file of a mebibyte, as a text in JSON. */
  inputBytesMax: 2 * 1024 * 1024,
  /** Real requests nest below ten; parsing time grows without use beyond. */
  depthMax: 64,
  /** Browsers send about 20, the platform adds about ten. */
  headersMax: 64,
  headerBytesMax: 16_384,
  /** Above the turns of any conversation that fits a model's window; each message costs checking time. */
  messagesMax: 2_000,
  /** Above every model's context window today. */
  maxTokensMax: 1_000_000,
};

/** Longest time that a variable may ask for: nothing at the edge outlives an hour. */
const hourMs = 3_600_000;
const mebibyte = 1024 * 1024;

/** A whole number as a variable spells it. An empty or odd text is an error, never a zero. */
function wholeNumber(low: number, high: number) {
  const error = `must be a whole number from ${low} to ${high}`;
  return z
    .union([z.number({ error }), z.string().regex(/^[0-9]{1,15}$/, { error })], { error })
    .transform(Number)
    .pipe(z.int({ error }).min(low, { error }).max(high, { error }));
}

const hostList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((host) => host.trim())
      .filter((host) => host !== ''),
  )
  .refine((hosts) => hosts.every(isHost), {
    error: 'must be host names in small letters, separated by commas, with a port where clients use one',
  });

/** A secret that is sent as a header. */
const headerText = z
  .string()
  .regex(/^[!-~]*$/, { error: 'must be without spaces or line breaks' })
  .default('');

const variables = z.object({
  ...upstreamVariables,
  ENVIRONMENT: z.enum(['dev', 'staging', 'production'], { error: 'must be dev, staging or production' }),
  PLACE: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, { error: 'must be 1 to 32 small letters, digits and dashes' })
    .default('local'),
  AGENT_URL: z
    .string()
    .regex(/^(?:https?:\/\/[^/?#\s]+\S*)?$/, { error: 'must be an http or https URL' })
    .default(''),
  AGENT_TOKEN: headerText,
  /** The same as the agent's, which takes no shorter one: the key of model servers in tunnels. */
  REPLICA_KEY: z
    .string()
    .regex(/^(?:[!-~]{16,})?$/, {
      error: 'must have 16 characters at least, without spaces or line breaks',
    })
    .default(''),
  /** Proxy token for Modal's web functions, and the hosts that it is sent to: whole names, or what begins with a dot and ends names. */
  MODAL_PROXY_ID: headerText,
  MODAL_PROXY_SECRET: headerText,
  MODAL_HOSTS: z
    .string()
    .regex(/^\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:,\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+)*$/, {
      error: 'must be host names, or ends of them that begin with a dot, separated by commas',
    })
    .default('.modal.run'),
  /** Hosts, with their ports, of replicas that may be asked over plain http outside of development: a private network's. */
  REPLICA_HTTP_HOSTS: hostList.default([]),
  ADMIN_TOKEN_SHA256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'must be a SHA-256 in hex' })
    .optional(),
  ALLOWED_HOSTS: hostList.default([]),
  EXTRA_MODELS: z.string().default(''),
  /** Override the idle windows of every version: short ones let tests see a whole life. */
  HOT_IDLE_MS: wholeNumber(0, hourMs).optional(),
  PARKED_IDLE_MS: wholeNumber(0, hourMs).optional(),
  /** What a second of a user's waiting is worth: 36 dollars an hour, about what an hour of a person's work costs. */
  WAIT_COST_MICROS_PER_SECOND: wholeNumber(0, 1_000_000_000).default(10_000),
  /** Replicas that may be hot or loading in all pools together; 0 = no bound. */
  GPU_BUDGET: wholeNumber(0, 100_000).default(0),
  /** The cron's period; development may call the planner more often. */
  PLANNER_TICK_MS: wholeNumber(100, hourMs).default(60_000),
  /** 1 = what planner and pools are told and decide can be read by the admin; heeded in development alone. */
  RECORD_DECISIONS: wholeNumber(0, 1).default(0),
  /** What a run's first step starts of what its later steps need: docs/warming.md. */
  PREWARM: z
    .enum(prewarmModes, { error: `must be one of ${prewarmModes.join(', ')}` })
    .default('just-in-time-p'),
  /** 1 = the functions that benchmarks and chaos tests run are served; heeded in development alone. */
  PROBES: wholeNumber(0, 1).default(0),
  /** Where what edges share is kept: in objects of this deployment, or in a Redis of Upstash. */
  EDGE_STORE: z.enum(['objects', 'upstash'], { error: 'must be objects or upstash' }).default('objects'),
  UPSTASH_REDIS_REST_URL: z
    .string()
    .regex(/^(?:https?:\/\/[^/?#\s@]+)?$/, { error: 'must be an http or https URL without a path' })
    .default(''),
  UPSTASH_REDIS_REST_TOKEN: z.string().regex(/^\S*$/, { error: 'must be without spaces' }).default(''),
  /** 1 MiB in this time is 35 KB/s: any phone does it, a body that trickles does not. */
  BODY_MS: wholeNumber(1, hourMs).default(30_000),
  /** Longer than any sensible answer, shorter than a forgotten connection. */
  TOTAL_MS: wholeNumber(1, hourMs).default(300_000),
  /** A long prompt on a busy replica; the cold start before it has its own clock. */
  FIRST_TOKEN_MS: wholeNumber(1, hourMs).default(120_000),
  /** Models that think send something far more often than this. */
  IDLE_MS: wholeNumber(1, hourMs).default(30_000),
  /** Clients and proxies give up on silence after 15 to 60 seconds. */
  GRACE_MS: wholeNumber(0, hourMs).default(10_000),
  /** Each keep-alive is a write: below this they would be the load. */
  KEEP_ALIVE_MS: wholeNumber(50, hourMs).default(10_000),
  /** An isolate has 128 MB for everything. */
  REPLY_BYTES_MAX: wholeNumber(1024, 32 * mebibyte).default(8 * mebibyte),
});

/** By the runtime's own env object, which lives as long as the isolate; faults too, so that each is parsed and told once. */
const parsed = new WeakMap<object, Result<Config, ConfigFault>>();

/** The configuration of this deployment, or why it serves nothing. */
export function readConfig(env: Variables): Result<Config, ConfigFault> {
  const known = parsed.get(env);
  if (known !== undefined) return known;
  const config = parseConfig(env);
  parsed.set(env, config);
  // eslint-disable-next-line no-console -- the client is told the variables' names; only the operator may see what is in them.
  if (!config.ok) console.error(`nothing is served: ${config.error.reason}`);
  return config;
}

/** As `readConfig`, for those who cannot go on without one. Throws with the reason. */
export function configOf(env: Variables): Config {
  const config = readConfig(env);
  if (!config.ok) throw new Error(config.error.reason);
  return config.value;
}

/** Parses plain variables. */
export function parseConfig(env: Variables): Result<Config, ConfigFault> {
  const result = variables.safeParse(env);
  if (!result.success) {
    const names = result.error.issues.map(({ path }) => String(path[0] ?? ''));
    const reason = `the configuration is not valid:\n${z.prettifyError(result.error)}`;
    return err({ variables: [...new Set(names)].sort(), reason });
  }
  const vars = result.data;
  const missing = missingSecrets(vars);
  if (missing.length > 0) return err({ variables: missing, reason: sayMissing(missing, vars.ENVIRONMENT) });
  const admin = parseAdmin(vars.ENVIRONMENT, vars.ADMIN_TOKEN_SHA256);
  if (!admin.ok) return err({ variables: ['ADMIN_TOKEN_SHA256'], reason: admin.error });
  const catalogue = parseModels(vars.EXTRA_MODELS);
  if (!catalogue.ok) return err({ variables: ['EXTRA_MODELS'], reason: catalogue.error });
  const httpHosts = vars.ENVIRONMENT === 'dev' ? null : spellHttpHosts(vars.REPLICA_HTTP_HOSTS);
  const clear = findInTheClear(vars) ?? findClearEndpoint(catalogue.value, httpHosts);
  if (clear !== null) return err(clear);
  const upstreamAccess = accessOf(vars, env);
  const upstreams = readUpstreams(catalogue.value, upstreamAccess);
  if (!upstreams.ok) return upstreams;
  const store = parseStore(vars);
  if (!store.ok) return store;
  const gpuBudget = vars.GPU_BUDGET === 0 ? null : vars.GPU_BUDGET;
  const floors = catalogue.value.versions.reduce((sum, { floor }) => sum + floor, 0);
  if (gpuBudget !== null && floors > gpuBudget)
    return err({
      variables: ['GPU_BUDGET'],
      reason: `GPU_BUDGET is ${gpuBudget}, less than the ${floors} replicas that are floors of models`,
    });
  return ok({
    environment: vars.ENVIRONMENT,
    place: vars.PLACE,
    catalogue: withWindows(catalogue.value, vars.HOT_IDLE_MS, vars.PARKED_IDLE_MS),
    agentUrl: vars.AGENT_URL.replace(/\/$/, ''),
    agentToken: vars.AGENT_TOKEN,
    replicaKeys: readReplicaKeys(vars, httpHosts),
    upstreams: upstreams.value,
    upstreamAccess,
    adminTokenSha256: admin.value,
    hosts: { loopbackOnly: vars.ENVIRONMENT === 'dev', allowedHosts: vars.ALLOWED_HOSTS },
    waitCostMicrosPerSecond: vars.WAIT_COST_MICROS_PER_SECOND,
    gpuBudget,
    plannerTickMs: vars.PLANNER_TICK_MS,
    recordDecisions: vars.ENVIRONMENT === 'dev' && vars.RECORD_DECISIONS === 1,
    prewarm: vars.PREWARM,
    probes: vars.ENVIRONMENT === 'dev' && vars.PROBES === 1,
    store: store.value,
    dispatch: {
      totalMs: vars.TOTAL_MS,
      firstTokenMs: vars.FIRST_TOKEN_MS,
      idleMs: vars.IDLE_MS,
      graceMs: vars.GRACE_MS,
      keepAliveMs: vars.KEEP_ALIVE_MS,
      replyBytesMax: vars.REPLY_BYTES_MAX,
    },
    bounds: { ...bounds, bodyMs: vars.BODY_MS },
  });
}

/** What wrangler.toml requires of a deployment, and is not there. */
function missingSecrets({
  ENVIRONMENT,
  AGENT_URL,
  AGENT_TOKEN,
  ADMIN_TOKEN_SHA256,
}: z.infer<typeof variables>): readonly string[] {
  if (ENVIRONMENT === 'dev') return [];
  return [
    ...(ADMIN_TOKEN_SHA256 === undefined ? ['ADMIN_TOKEN_SHA256'] : []),
    // A deployment without an agent shows its token to nobody.
    ...(AGENT_URL !== '' && AGENT_TOKEN === '' ? ['AGENT_TOKEN'] : []),
  ];
}

function sayMissing(names: readonly string[], environment: Environment): string {
  return names
    .map((name) => `the secret ${name} is not set: npx wrangler secret put ${name} --env ${environment}`)
    .join('\n');
}

function parseAdmin(environment: Environment, given: string | undefined): Result<string | null, string> {
  if (environment === 'dev') return ok(given ?? devAdminSha256);
  if (given === devAdminSha256) return err('ADMIN_TOKEN_SHA256 is that of the well-known dev token');
  return ok(given ?? null);
}

function parseStore(vars: {
  readonly ENVIRONMENT: Environment;
  readonly EDGE_STORE: StoreAccess['kind'];
  readonly UPSTASH_REDIS_REST_URL: string;
  readonly UPSTASH_REDIS_REST_TOKEN: string;
}): Result<StoreAccess, ConfigFault> {
  const { ENVIRONMENT: environment, UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = vars;
  if (vars.EDGE_STORE === 'objects') return ok({ kind: 'objects' });
  const fault = (variable: string, what: string): Result<StoreAccess, ConfigFault> =>
    err({ variables: [variable], reason: `${variable} ${what}` });
  if (url === '') return fault('UPSTASH_REDIS_REST_URL', 'is missing, and EDGE_STORE is upstash');
  if (token === '') return fault('UPSTASH_REDIS_REST_TOKEN', 'is missing, and EDGE_STORE is upstash');
  // Answers and the token would cross the network in the clear.
  if (environment !== 'dev' && !url.startsWith('https://'))
    return fault('UPSTASH_REDIS_REST_URL', 'must be an https URL outside of development');
  return ok({ kind: 'upstash', url, token, prefix: `pilotlight:${environment}` });
}

function parseModels(extraText: string): Result<Catalogue, string> {
  if (extraText === '') return ok(builtIn);
  const extra = parseCatalogue(extraText);
  return extra.ok ? mergeCatalogues(builtIn, extra.value) : extra;
}

function withWindows(catalogue: Catalogue, hotIdleMs?: number, parkedIdleMs?: number): Catalogue {
  const override = (version: ModelVersion): ModelVersion => ({
    ...version,
    hotIdleMs: hotIdleMs ?? version.hotIdleMs,
    parkedIdleMs: parkedIdleMs ?? version.parkedIdleMs,
  });
  return { ...catalogue, versions: catalogue.versions.map(override) };
}
