// Upstash's REST protocol in front of a real Redis: what `@upstash/redis` and `@upstash/ratelimit` speak. Owns the translation and the faults
// that a test may ask for; what commands do is Redis's.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Redis } from 'ioredis';

/** `hang`: takes the request and says nothing. `reset`: breaks the connection. Otherwise what every request is answered with. */
export type RestFault = 'hang' | 'reset' | { readonly status: number; readonly body: string };

export interface RedisRest {
  readonly url: string;
  readonly token: string;
  /** Null: none. */
  fault: RestFault | null;
  /** Requests that came. */
  count: number;
  close(): Promise<void>;
}

type Json = null | number | string | readonly Json[];

export async function startRedisRest(redis: Redis): Promise<RedisRest> {
  const token = 'token-for-tests';
  const scripts = new Map<string, string>();
  const server = createServer((request, response) => {
    rest.count += 1;
    answer(request, response).catch((cause: unknown) => {
      reply(response, 400, { error: cause instanceof Error ? cause.message : 'ERR' });
    });
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const { fault } = rest;
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    if (fault !== null) return void response.writeHead(fault.status).end(fault.body);
    if (request.headers.authorization !== `Bearer ${token}`)
      return reply(response, 401, { error: 'Unauthorized' });
    const encode = request.headers['upstash-encoding'] === 'base64';
    const run = (command: unknown): Promise<object> => runCommand(redis, scripts, command, encode);
    const sent: unknown = JSON.parse(body);
    if (request.url === '/pipeline' && Array.isArray(sent)) {
      const settled = await Promise.allSettled(sent.map(run));
      const items = settled.map((each) =>
        each.status === 'fulfilled'
          ? each.value
          : { error: String(Reflect.get(each.reason as object, 'message')) },
      );
      return reply(response, 200, items);
    }
    reply(response, 200, await run(sent));
  };
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const rest: RedisRest = {
    url: `http://127.0.0.1:${address.port}`,
    token,
    fault: null,
    count: 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return rest;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'upstash-sync-token': 'none' });
  response.end(JSON.stringify(body));
}

async function runCommand(
  redis: Redis,
  scripts: Map<string, string>,
  command: unknown,
  encode: boolean,
): Promise<object> {
  if (!Array.isArray(command)) throw new Error('ERR a command is a list');
  const [name = '', ...args] = command.map(argument);
  const [called, ...rest] = withScript(scripts, name, args);
  const result: unknown = await redis.callBuffer(called ?? '', ...rest);
  return { result: plain(result, encode) };
}

function argument(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Upstash's own flag of scripts is none of Redis's: it is taken out, and the hash stays that of the script as it was sent. */
function withScript(scripts: Map<string, string>, name: string, args: readonly string[]): readonly string[] {
  const [first = '', ...others] = args;
  const upper = name.toUpperCase();
  if (upper === 'EVAL') {
    const mended = first.replace(/^#!lua flags=allow-key-locking/, '#!lua');
    scripts.set(createHash('sha1').update(first).digest('hex'), mended);
    return ['EVAL', mended, ...others];
  }
  const known = upper === 'EVALSHA' ? scripts.get(first) : undefined;
  return known === undefined ? [name, ...args] : ['EVAL', known, ...others];
}

function plain(value: unknown, encode: boolean): Json {
  if (Array.isArray(value)) return value.map((each) => plain(each, encode));
  if (Buffer.isBuffer(value)) return value.toString(encode ? 'base64' : 'utf8');
  if (typeof value === 'string') return encode ? Buffer.from(value).toString('base64') : value;
  return typeof value === 'number' ? value : null;
}
