// Whether an endpoint that is always there may be asked now: a question that costs nothing and meets the same door as a request does. Owns
// the question for each kind of endpoint and what its answer means.
import { z } from 'zod';
import { err, ok } from '../../core/base/result.ts';
import type { BackendReply } from '../backend.ts';
import type { Upstream } from '../upstream/read-upstreams.ts';
import { callPlace, failureOf, tryJson, type PlaceFetch } from './place-call.ts';

export interface ProbeOptions {
  readonly upstream: Upstream;
  readonly fetch: PlaceFetch;
  now(): number;
  readonly withinMs?: number;
}

const withinMsDefault = 5_000;

/** `GET models`. Servers without such a path are there all the same. */
export async function probeOpenai({ upstream, ...options }: ProbeOptions): BackendReply<null> {
  const { withinMs = withinMsDefault, fetch } = options;
  const url = `${upstream.baseUrl}/models`;
  const { key } = upstream;
  const now = (): number => options.now();
  const provider = new URL(url).host;
  const answer = await callPlace({ provider, method: 'GET', url, key, withinMs, fetch, now });
  if (!answer.ok) return answer;
  if (answer.value.status === 404 || answer.value.status === 405) return ok(null);
  const failure = failureOf(provider, answer.value);
  if (failure !== null) return err(failure);
  // A page for people, as proxies send it, is no API.
  if (tryJson(answer.value.text) !== null) return ok(null);
  return err({ kind: 'bad-reply', message: `${provider} answered no JSON: is ${url} its API?` });
}

const searchReply = z.object({ result: z.array(z.object({ name: z.string() })) });

/** Cloudflare's search of models, which knows the account, the token and the model. */
export async function probeWorkersAi({ upstream, ...options }: ProbeOptions): BackendReply<null> {
  const { withinMs = withinMsDefault, fetch } = options;
  const { baseUrl, model, key } = upstream;
  const provider = 'Workers AI';
  const url = `${baseUrl.replace(/\/v1$/, '')}/models/search?search=${encodeURIComponent(model)}`;
  const now = (): number => options.now();
  const answer = await callPlace({ provider, method: 'GET', url, key, withinMs, fetch, now });
  if (!answer.ok) return answer;
  const failure = failureOf(provider, answer.value);
  if (failure?.kind === 'not-found')
    return err({ kind: 'cannot-start', message: 'Cloudflare knows no such account: see WORKERS_AI_ACCOUNT' });
  if (failure !== null) return err(failure);
  const found = searchReply.safeParse(tryJson(answer.value.text));
  if (!found.success) return err({ kind: 'bad-reply', message: `${provider} answered an unknown shape` });
  if (found.data.result.some(({ name }) => name === model)) return ok(null);
  return err({ kind: 'cannot-start', message: `Workers AI has no model ${model}` });
}
