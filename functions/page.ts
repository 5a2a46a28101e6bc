// The dashboard's files, with headers that let the page load nothing and talk to nobody but this host.
import type { Context } from 'hono';
import type { AppEnv } from './context.ts';
import { RequestFailure } from './http-errors.ts';

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

export async function servePage(c: Context<AppEnv>): Promise<Response> {
  const file = await c.env.ASSETS?.fetch(c.req.raw);
  if (file === undefined || file.status === 404) {
    throw new RequestFailure({ kind: 'unknown-route', path: c.req.path });
  }
  const response = new Response(file.body, file);
  for (const [name, value] of Object.entries(pageHeaders)) response.headers.set(name, value);
  response.headers.set('x-request-id', c.get('requestId'));
  return response;
}
