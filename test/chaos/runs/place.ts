// Where a stack under test is reached, and one HTTP call to it. A call that gets no answer gives null: the caller does not know what
// became of it, and asks again under the same key.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Place {
  readonly url: string;
  readonly key: string;
  readonly adminToken: string;
  readonly stateDir: string;
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Longer than any answer takes here, so that only a service that hangs runs into it. */
const ANSWER_MS_MAX = 20_000;
const BETWEEN_TRIES_MS = 40;

export function requestInit(place: Place, { method, body, headers }: Ask): RequestInit {
  return {
    method,
    headers: { authorization: `Bearer ${place.key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  };
}

export async function call(place: Place, ask: Ask): Promise<Reply | null> {
  try {
    const response = await fetch(place.url + ask.path, requestInit(place, ask));
    return { status: response.status, headers: response.headers, body: await response.json() };
  } catch {
    return null;
  }
}

/** Asks again until there is an answer that `isGood`; null when there is none within the time. */
export async function callUntil(
  place: Place,
  ask: Ask,
  isGood: (reply: Reply) => boolean,
  withinMs: number,
): Promise<Reply | null> {
  const untilMs = Date.now() + withinMs;
  while (Date.now() < untilMs) {
    const reply = await call(place, ask);
    if (reply !== null && isGood(reply)) return reply;
    await sleep(BETWEEN_TRIES_MS);
  }
  return null;
}

/** Whether a program answers at all. */
export async function isAlive(url: string): Promise<boolean> {
  const reply = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
  await reply?.body?.cancel();
  return reply?.status === 200;
}

export function codeOf(reply: Reply | null): string {
  if (reply === null) return 'no answer';
  return (
    (reply.body as { error?: { code?: string } } | null)?.error?.code ?? `status ${String(reply.status)}`
  );
}
