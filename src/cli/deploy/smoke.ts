// Asks a deployment whether it is well: that the new version answers, that the door is shut to strangers, that the page is there. With a
// tenant's key, that it is served as well. Owns the patience that a new version needs to reach every edge.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

export interface SmokeAsk {
  readonly url: string;
  readonly environment: string;
  /** The version that has just been deployed. */
  readonly versionId: string;
  readonly key: string | null;
  /** A new version is everywhere within seconds; a new host name may take a minute. */
  readonly patienceMs: number;
  readonly print: (line: string) => void;
}

const everyMs = 1_000;
const answerMs = 10_000;

const health = z.looseObject({
  ok: z.literal(true),
  environment: z.string(),
  version: z.string().optional(),
});

interface Probe {
  readonly name: string;
  /** Null = well; else what is wrong. */
  readonly ask: () => Promise<string | null>;
}

/** What is wrong, one line each; empty when all is well. */
export async function smokeTest(ask: SmokeAsk): Promise<readonly string[]> {
  const untilMs = Date.now() + ask.patienceMs;
  const wrong: string[] = [];
  for (const { name, ask: probe } of probesOf(ask)) {
    let problem = await attempt(probe);
    while (problem !== null && Date.now() < untilMs) {
      await sleep(everyMs);
      problem = await attempt(probe);
    }
    ask.print(problem === null ? `ok    ${name}` : `WRONG ${name}: ${problem}`);
    if (problem !== null) wrong.push(`${name}: ${problem}`);
  }
  if (ask.key === null) ask.print('left out: a tenant’s models (PILOTLIGHT_SMOKE_KEY is not set)');
  return wrong;
}

function probesOf({ url, environment, versionId, key }: SmokeAsk): readonly Probe[] {
  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(url + path, { headers, redirect: 'manual', signal: AbortSignal.timeout(answerMs) });
  const served: Probe = {
    name: 'the tenant’s key is taken, and its models are listed',
    async ask() {
      const reply = await get('/v1/models', { authorization: `Bearer ${key ?? ''}` });
      const text = await reply.text();
      return reply.status === 200 && text.includes('"object":"list"') ? null : say(reply, text);
    },
  };
  return [
    {
      name: `${environment} answers with version ${versionId}`,
      async ask() {
        const reply = await get('/healthz');
        const text = await reply.text();
        const told = health.safeParse(tryJson(text));
        if (reply.status !== 200 || !told.success) return say(reply, text);
        if (told.data.environment !== environment) return `it is ${told.data.environment}`;
        return told.data.version === versionId
          ? null
          : `it is version ${told.data.version ?? 'without an id'}`;
      },
    },
    {
      name: 'a stranger is refused',
      async ask() {
        const replies = await Promise.all([get('/v1/models'), get('/admin/v1/pools')]);
        const open = replies.find(({ status }) => status !== 401);
        const texts = await Promise.all(replies.map((reply) => reply.text()));
        return open === undefined ? null : say(open, texts.join(' '));
      },
    },
    {
      name: 'the dashboard is there',
      async ask() {
        const reply = await get('/');
        const text = await reply.text();
        return reply.status === 200 && text.includes('<script') ? null : say(reply, text);
      },
    },
    ...(key === null ? [] : [served]),
  ];
}

async function attempt(probe: Probe['ask']): Promise<string | null> {
  try {
    return await probe();
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return reason instanceof Error ? reason.message : String(reason);
  }
}

function say({ status }: Response, text: string): string {
  return `it answers ${status} ${text.slice(0, 200)}`;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
