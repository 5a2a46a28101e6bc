// Env -> Config, parsed once per isolate. Every default and bound of the edge stands here with its reason; nothing else reads Env's
// plain variables.
import { z } from 'zod';
import { catalogue as builtIn } from '../gpu-workers/models.ts';
import { must } from './core/base/assert.ts';
import { mergeCatalogues, parseCatalogue } from './core/registry/parse-catalogue.ts';
import type { PlannerObject } from '../durable-objects/planner-object.ts';
import type { PoolObject } from '../durable-objects/pool-object.ts';
import type { SessionObject } from '../durable-objects/session-object.ts';
import type { Catalogue, ModelVersion } from './core/registry/model.ts';
import type { DispatchLimits } from './hosts/dispatch.ts';

export interface Env {
  readonly POOL: DurableObjectNamespace<PoolObject>;
  readonly PLANNER: DurableObjectNamespace<PlannerObject>;
  readonly SESSION: DurableObjectNamespace<SessionObject>;
  readonly ASSETS?: Fetcher;
  readonly ENVIRONMENT?: string;
  readonly [name: string]: unknown;
}

export type Environment = 'dev' | 'staging' | 'production';

export interface Config {
  readonly environment: Environment;
  readonly place: string;
  readonly catalogue: Catalogue;
  readonly agentUrl: string;
  readonly agentToken: string;
  /** SHA-256 of the admin token in hex; null = nobody is admin. */
  readonly adminTokenSha256: string | null;
  /** Hosts that requests may name; empty in `dev`, where only loopback is served. */
  readonly allowedHosts: readonly string[];
  readonly waitCostMicrosPerSecond: number;
  readonly dispatch: DispatchLimits;
  readonly bounds: RequestBounds;
}

/** What a request may hold. */
export interface RequestBounds {
  readonly bodyBytesMax: number;
  readonly depthMax: number;
  readonly messagesMax: number;
  readonly maxTokensMax: number;
}

/** The well-known token of `npm run dev`: SHA-256 of admin-pilotlight-dev. No other environment takes it. */
const devAdminSha256 = '5425f937d5f1ea23f9c1598c149b02cc1b9e570b4755dc50f24368e098ee19ab';

const bounds: RequestBounds = {
  /** Far above any prompt that the served models can read, far below what an isolate can hold. */
  bodyBytesMax: 1024 * 1024,
  /** Real requests nest below ten; parsing time grows without use beyond. */
  depthMax: 64,
  messagesMax: 2_000,
  /** Above every model's context window today. */
  maxTokensMax: 1_000_000,
};

const milliseconds = z.coerce.number().int().min(0).max(3_600_000);
const ms = (standard: number) => milliseconds.default(standard);

const variables = z.object({
  ENVIRONMENT: z.enum(['dev', 'staging', 'production']),
  PLACE: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .default('local'),
  AGENT_URL: z.string().default(''),
  AGENT_TOKEN: z.string().default(''),
  ADMIN_TOKEN_SHA256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  ALLOWED_HOSTS: z.string().default(''),
  EXTRA_MODELS: z.string().default(''),
  /** Override the idle windows of every version: short ones let tests see a whole life. */
  HOT_IDLE_MS: milliseconds.optional(),
  PARKED_IDLE_MS: milliseconds.optional(),
  /** What a second of a user's waiting is worth: 3.6 dollars an hour of waiting. */
  WAIT_COST_MICROS_PER_SECOND: z.coerce.number().min(0).default(1_000),
  /** Longer than any sensible answer, shorter than a forgotten connection. */
  TOTAL_MS: ms(300_000),
  FIRST_TOKEN_MS: ms(120_000),
  IDLE_MS: ms(30_000),
  /** Clients and proxies give up on silence after 15 to 60 seconds. */
  GRACE_MS: ms(10_000),
  KEEP_ALIVE_MS: ms(10_000),
  /** An isolate has 128 MB for everything. */
  REPLY_BYTES_MAX: z.coerce
    .number()
    .int()
    .min(1024)
    .default(8 * 1024 * 1024),
});

const parsed = new WeakMap<object, Config>();

/** The configuration of this deployment. Throws with the reason when a variable is missing or wrong: nothing is served then. */
export function configOf(env: Env): Config {
  const known = parsed.get(env);
  if (known !== undefined) return known;
  const config = parseConfig(env);
  parsed.set(env, config);
  return config;
}

/** Parses plain variables; exported for tests. */
export function parseConfig(env: Readonly<Record<string, unknown>>): Config {
  const result = variables.safeParse(env);
  if (!result.success) throw new Error(`the configuration is not valid: ${z.prettifyError(result.error)}`);
  const vars = result.data;
  return {
    environment: vars.ENVIRONMENT,
    place: vars.PLACE,
    catalogue: withWindows(readCatalogue(vars.EXTRA_MODELS), vars.HOT_IDLE_MS, vars.PARKED_IDLE_MS),
    agentUrl: vars.AGENT_URL,
    agentToken: vars.AGENT_TOKEN,
    adminTokenSha256: adminSha256(vars.ENVIRONMENT, vars.ADMIN_TOKEN_SHA256),
    allowedHosts: vars.ALLOWED_HOSTS.split(',')
      .map((host) => host.trim())
      .filter((host) => host !== ''),
    waitCostMicrosPerSecond: vars.WAIT_COST_MICROS_PER_SECOND,
    dispatch: {
      totalMs: vars.TOTAL_MS,
      firstTokenMs: vars.FIRST_TOKEN_MS,
      idleMs: vars.IDLE_MS,
      graceMs: vars.GRACE_MS,
      keepAliveMs: vars.KEEP_ALIVE_MS,
      replyBytesMax: vars.REPLY_BYTES_MAX,
    },
    bounds,
  };
}

function adminSha256(environment: Environment, given: string | undefined): string | null {
  if (environment === 'dev') return given ?? devAdminSha256;
  if (given === devAdminSha256) throw new Error('ADMIN_TOKEN_SHA256 is that of the well-known dev token');
  return given ?? null;
}

function readCatalogue(extraText: string): Catalogue {
  if (extraText === '') return builtIn;
  const extra = parseCatalogue(extraText);
  if (!extra.ok) throw new Error(extra.error);
  const merged = mergeCatalogues(builtIn, extra.value);
  if (!merged.ok) throw new Error(merged.error);
  return must(merged.value, 'a merged catalogue');
}

function withWindows(catalogue: Catalogue, hotIdleMs?: number, parkedIdleMs?: number): Catalogue {
  const override = (version: ModelVersion): ModelVersion => ({
    ...version,
    hotIdleMs: hotIdleMs ?? version.hotIdleMs,
    parkedIdleMs: parkedIdleMs ?? version.parkedIdleMs,
  });
  return { ...catalogue, versions: catalogue.versions.map(override) };
}
