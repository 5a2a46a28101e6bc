// Calls an endpoint that the Worker reaches without the agent: at the address of the configuration, with its key. The body is sent as it is:
// the model's name there stands in it (src/core/routing/wire-model.ts). What it says of a refusal is replaced by words of ours. Owns neither
// deadlines nor what an answer means.
import { readBounded } from '../backends/read-bounded.ts';
import type { Upstream } from '../backends/upstream/read-upstreams.ts';
import { readUpstreamRefusal } from '../core/stream/upstream-refusal.ts';
import type { AskedModel } from './dispatch.ts';
import type { Fetch } from './replica-fetch.ts';

/** An error object with its message; a longer one is no error object. */
const refusalBytesMax = 64 * 1024;
/** Of our own paths; a base URL brings its own, if it has one. */
const versionPrefix = '/v1';
const refusals: ReadonlySet<number> = new Set([400, 413, 422]);

export async function fetchUpstream(
  fetch: Fetch,
  { baseUrl, key }: Pick<Upstream, 'baseUrl' | 'key'>,
  { path, init }: { readonly path: AskedModel['path']; readonly init: RequestInit },
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (key !== null) headers.set('authorization', `Bearer ${key}`);
  // Ours, and of no use to others.
  headers.delete('x-request-id');
  const response = await fetch(`${baseUrl}${path.slice(versionPrefix.length)}`, {
    ...init,
    headers,
  });
  return refusals.has(response.status) ? sayOurselves(response) : stripped(response);
}

/** Only what the relay reads goes on. */
const keptHeaders = ['content-type', 'content-encoding', 'retry-after'] as const;

function stripped(response: Response): Response {
  const headers = new Headers();
  for (const name of keptHeaders) {
    const value = response.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const { status, body } = response;
  // A redirect, or an answer that may have no body, is none of the API.
  if (status < 200 || status === 204 || status === 205 || (status >= 300 && status < 400)) {
    void body?.cancel().catch(() => undefined);
    return new Response(null, { status: 502 });
  }
  return new Response(body, { status, headers });
}

async function sayOurselves(response: Response): Promise<Response> {
  const refusal = readUpstreamRefusal(response.status, (await readBounded(response, refusalBytesMax)) ?? '');
  if (refusal === null) return new Response(null, { status: 502 });
  return Response.json({ error: refusal.error }, { status: refusal.status });
}
