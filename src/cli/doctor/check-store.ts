// The store in a Redis of Upstash, where the Worker has one: whether address and token are set, and whether it answers. Asks it for PING alone.
import { z } from 'zod';
import { tellMissing, type WorkerSide } from './check-upstreams.ts';
import { unreadable } from './check-config.ts';
import { fine, unknown, wrong, type Finding } from './finding.ts';

const answerMs = 5_000;
/** Of an answer that is none. */
const quoteCharsMax = 100;
const urlName = 'UPSTASH_REDIS_REST_URL';
const tokenName = 'UPSTASH_REDIS_REST_TOKEN';
const pong = z.object({ result: z.literal('PONG') });

/** Nothing where the store is the deployment's own objects. */
export async function checkStore(side: WorkerSide): Promise<readonly Finding[]> {
  const text = (name: string): string => {
    const value = side.env[name];
    return typeof value === 'string' ? value : '';
  };
  if (text('EDGE_STORE') !== 'upstash') return [];
  const [url, token] = [text(urlName), text(tokenName)];
  const missing = [...(url === '' ? [urlName] : []), ...(token === '' ? [tokenName] : [])];
  if (missing.length > 0)
    return missing.map((name) =>
      tellMissing('store', name, `EDGE_STORE is upstash, and ${name} is not set`, side),
    );
  if (token === unreadable)
    return [unknown('store', `${urlName} and ${tokenName} are set; the token is not known here to ask with`)];
  // The Worker refuses the address, and says so; the token would cross the network in the clear.
  if (side.environment !== 'dev' && !url.startsWith('https://')) return [];
  return [await askStore(url, token, side)];
}

async function askStore(url: string, token: string, { remedyOf }: WorkerSide): Promise<Finding> {
  let status: number;
  let text: string;
  try {
    const reply = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '["PING"]',
      redirect: 'manual',
      signal: AbortSignal.timeout(answerMs),
    });
    status = reply.status;
    text = await reply.text();
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const what = `no Redis answers at ${urlName}: ${reason instanceof Error ? reason.message : String(reason)}`;
    return wrong('store', what, `correct the address: ${remedyOf(urlName)}`);
  }
  if (status === 401 || status === 403)
    return wrong('store', 'Upstash refuses the token', remedyOf(tokenName));
  if (status === 200 && isPong(text)) return fine('store', 'Upstash takes the token and answers PING');
  const what = `what answers at ${urlName} is no Redis of Upstash: ${status} ${text.slice(0, quoteCharsMax)}`;
  return wrong('store', what, `correct the address: ${remedyOf(urlName)}`);
}

function isPong(text: string): boolean {
  try {
    return pong.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
