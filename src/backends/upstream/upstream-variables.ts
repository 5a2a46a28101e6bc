// The Worker's variables and secrets for models that it reaches without the agent. Owns their shapes; what of them is needed follows from
// the catalogue (read-upstreams.ts). Pure.
import { z } from 'zod';
import { isHost } from '../../core/door/canonical-target.ts';
import type { UpstreamAccess } from './read-upstreams.ts';

/** Another address than the provider's own is for a test server on this machine, which has no certificate. */
const providerUrl = z.string().regex(/^https?:\/\/[^?#\s@]+[^/?#\s@]$/, {
  error: 'must be an http or https URL without a slash at the end',
});
const secret = z.string().regex(/^\S*$/, { error: 'must be without spaces' }).default('');

function hostsIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');
}

export const upstreamVariables = {
  RUNPOD_API_KEY: secret,
  RUNPOD_API_URL: providerUrl.default('https://api.runpod.ai'),
  RUNPOD_REST_URL: providerUrl.default('https://rest.runpod.io/v1'),
  /** The id of a Cloudflare account is no secret; the token must be allowed to read and run Workers AI. */
  WORKERS_AI_ACCOUNT: z
    .string()
    .regex(/^(?:[0-9a-f]{32})?$/, { error: 'must be the 32 hex digits of an account id' })
    .default(''),
  WORKERS_AI_TOKEN: secret,
  WORKERS_AI_URL: providerUrl.default('https://api.cloudflare.com/client/v4'),
  UPSTREAM_HOSTS: z
    .string()
    .refine((text) => hostsIn(text).every(isHost), {
      error:
        'must be host names in small letters, or addresses ([2001:db8::1]), separated by commas, with a port where it is not the usual one',
    })
    .default(''),
} as const;

type Variables = z.infer<z.ZodObject<typeof upstreamVariables>> & { readonly ENVIRONMENT: string };

export function accessOf(vars: Variables, env: Readonly<Record<string, unknown>>): UpstreamAccess {
  return {
    runpodKey: vars.RUNPOD_API_KEY,
    runpodUrl: vars.RUNPOD_API_URL,
    runpodRestUrl: vars.RUNPOD_REST_URL,
    workersAiAccount: vars.WORKERS_AI_ACCOUNT,
    workersAiToken: vars.WORKERS_AI_TOKEN,
    workersAiUrl: vars.WORKERS_AI_URL,
    hosts: hostsIn(vars.UPSTREAM_HOSTS),
    isDev: vars.ENVIRONMENT === 'dev',
    secret: (name) => {
      const value = env[name];
      return typeof value === 'string' ? value.trim() : '';
    },
  };
}
