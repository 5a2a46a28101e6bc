// Versions that the Worker reaches by itself, without the agent: an endpoint on RunPod, any URL that speaks the OpenAI API, Workers AI.
// Owns their settings, the bounds of those, and the figures that hold where nobody says otherwise. Which hosts may be called, and with
// which keys, is the deployment's configuration (src/backends/upstream). Pure.
import { z } from 'zod';

/** An endpoint on RunPod Serverless, which scales between the figures that its pool sets. */
export interface RunpodLaunch {
  readonly kind: 'runpod';
  /** The endpoint's id, as it stands in its URL. */
  readonly endpoint: string;
  /** What the endpoint's server calls the model: `mistralai/Mistral-7B-Instruct-v0.2`. */
  readonly model: string;
  /** How long RunPod keeps a worker that is above the floor and idle. */
  readonly idleMs: number;
}

/** A URL that is always there and speaks the OpenAI API. */
export interface OpenaiLaunch {
  readonly kind: 'openai';
  /** As the SDKs of OpenAI take it: `https://api.groq.com/openai/v1`. Its host must be among UPSTREAM_HOSTS. */
  readonly baseUrl: string;
  /** What is asked for there. */
  readonly model: string;
  /** Name of the secret that holds the key: `UPSTREAM_KEY_GROQ`. Null = the endpoint asks for none. */
  readonly keySecret: string | null;
  /** Whether `GET models` tells that the endpoint is there and takes the key; some have no such path. */
  readonly probe: boolean;
}

/** A model of Workers AI, in the account that the deployment names. */
export interface WorkersAiLaunch {
  readonly kind: 'workers-ai';
  /** `@cf/meta/llama-3.1-8b-instruct` */
  readonly model: string;
}

export type EdgeLaunch = RunpodLaunch | OpenaiLaunch | WorkersAiLaunch;

/** Longer names are no names of models. */
const modelName = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 plain characters without spaces');

/** User, query and fragment have no place in it: keys come from secrets, and paths are put behind it. */
const baseUrl = z
  .string()
  .max(500)
  .regex(/^https?:\/\/[^/?#\s@\\]+(?:\/[A-Za-z0-9_.~-]+)*$/, {
    error: 'must look like https://host/path: no user, no query, no slash at the end',
  })
  .refine((url) => !url.split('/').some((part) => part === '.' || part === '..'), {
    error: 'may not hold dot segments',
  })
  .refine((url) => !url.endsWith('/chat/completions'), {
    error: 'is the base of the API: leave /chat/completions out',
  });

/** A prefix of its own, so that no other secret of the Worker can be sent to a stranger by a slip of the pen. */
const keySecret = z
  .string()
  .regex(/^UPSTREAM_KEY_[A-Z0-9_]{1,50}$/, 'must be the name of a secret that begins with UPSTREAM_KEY_');

export const edgeLaunches = [
  z.strictObject({
    kind: z.literal('runpod'),
    endpoint: z.string().regex(/^[a-z0-9-]{6,64}$/, "must be the endpoint's id: small letters and digits"),
    model: modelName,
    // RunPod counts in seconds, up to an hour.
    idleMs: z.int().min(1_000).max(3_600_000).default(5_000),
  }),
  z.strictObject({
    kind: z.literal('openai'),
    baseUrl,
    model: modelName,
    keySecret: keySecret.nullable().default(null),
    probe: z.boolean().default(true),
  }),
  z.strictObject({
    kind: z.literal('workers-ai'),
    model: z.string().regex(/^@[a-z]+\/[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/, {
      error: 'must look like @cf/meta/llama-3.1-8b-instruct',
    }),
  }),
] as const;

/** What is always there. */
const fixedKinds: ReadonlySet<unknown> = new Set(['openai', 'workers-ai']);

/**
 * Such a replica is only the right to so many slots: it costs nothing by the second, is there at once, and is let go of soon, because
 * while there is one its pool is awake.
 */
const fixedDefaults = {
  hotMicrosPerSecond: 0,
  parkedMicrosPerSecond: 0,
  loadGuessMs: 200,
  hotIdleMs: 60_000,
};

/** Untrusted JSON of a version, with what its kind of launch suggests where it says nothing. */
export function withEdgeDefaults(version: unknown): unknown {
  if (typeof version !== 'object' || version === null || !('launch' in version)) return version;
  const { launch } = version;
  if (typeof launch !== 'object' || launch === null || !('kind' in launch)) return version;
  return fixedKinds.has(launch.kind) ? { ...fixedDefaults, ...version } : version;
}

/** Rules that choose the cheapest compare a replica's price by the second, unless tokens have one: these replicas have none. */
export function whyNoPrice({ launch, price }: { launch: { kind: string }; price?: unknown }): string | null {
  if (!fixedKinds.has(launch.kind) || price !== undefined) return null;
  return `is missing: what is asked of ${launch.kind} is paid by the token; say what tokens cost there ({"inputMicrosPerMTok":0,"outputMicrosPerMTok":0} where nothing is paid)`;
}
