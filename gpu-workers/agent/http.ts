// The agent's HTTP side: token, paths, bodies, status codes. Speaks src/backends/agent-protocol.ts; knows no driver in particular.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { commandBody, replicaIdPattern, startBody } from '../../src/backends/agent-protocol.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import type { BackendError } from '../../src/backends/backend.ts';
import type { Driver } from './driver.ts';

/** The largest body of the protocol is well under a kilobyte. */
const bodyBytesMax = 16_384;

type Refusal = BackendError | { readonly kind: 'invalid'; readonly message: string };

export function makeAgentServer(driver: Driver, token: string): Server {
  return createServer((request, response) => {
    answer(driver, token, request).then(
      (reply) => send(response, reply),
      (cause: unknown) => {
        console.error('agent: a request failed', cause);
        send(response, err({ kind: 'bad-reply', message: 'internal error' }));
      },
    );
  });
}

async function answer(driver: Driver, token: string, request: IncomingMessage): Promise<Result<unknown, Refusal>> {
  const url = new URL(request.url ?? '/', 'http://agent');
  if (request.method === 'GET' && url.pathname === '/healthz') return ok({ ok: true });
  if (!hasToken(request, token)) return err({ kind: 'unauthorized', message: 'wrong or missing token' });
  if (request.method === 'GET' && url.pathname === '/v1/capacity') return ok(driver.capacity());
  if (request.method === 'GET' && url.pathname === '/v1/replicas') {
    return ok({ replicas: driver.list(url.searchParams.get('pool')) });
  }
  const [, v1, replicas, id = '', verb = ''] = url.pathname.split('/');
  if (v1 !== 'v1' || replicas !== 'replicas') return err({ kind: 'not-found', message: 'no such path' });
  if (!replicaIdPattern.test(id)) return err({ kind: 'invalid', message: 'the id is not valid' });
  if (request.method === 'DELETE') return stopReplica(driver, id, url);
  const body = await readBody(request);
  if (!body.ok) return body;
  if (request.method === 'PUT' && verb === '') return startReplica(driver, id, body.value);
  if (request.method === 'POST') return turnReplica(driver, id, verb, body.value);
  return err({ kind: 'not-found', message: 'no such path' });
}

async function startReplica(driver: Driver, id: string, body: unknown): Promise<Result<unknown, Refusal>> {
  const parsed = startBody.safeParse(body);
  if (!parsed.success) return err({ kind: 'invalid', message: parsed.error.message });
  return driver.start({ id, ...parsed.data });
}

async function turnReplica(driver: Driver, id: string, verb: string, body: unknown): Promise<Result<unknown, Refusal>> {
  const parsed = commandBody.safeParse(body);
  if (!parsed.success) return err({ kind: 'invalid', message: parsed.error.message });
  const ref = { id, generation: parsed.data.generation };
  if (verb === 'park') return driver.park(ref);
  if (verb === 'wake') return driver.wake(ref);
  if (verb === 'drain') return driver.drain(ref);
  return err({ kind: 'not-found', message: 'no such path' });
}

async function stopReplica(driver: Driver, id: string, url: URL): Promise<Result<unknown, Refusal>> {
  const generation = Number(url.searchParams.get('generation'));
  if (!Number.isInteger(generation) || generation < 1) return err({ kind: 'invalid', message: 'generation is missing' });
  return driver.stop({ id, generation });
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
function hasToken(request: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

async function readBody(request: IncomingMessage): Promise<Result<unknown, Refusal>> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > bodyBytesMax) return err({ kind: 'invalid', message: 'the body is too large' });
    pieces.push(piece as Buffer);
  }
  try {
    return ok(JSON.parse(Buffer.concat(pieces).toString('utf8')));
  } catch {
    return err({ kind: 'invalid', message: 'the body is not JSON' });
  }
}

const statusOf: Readonly<Record<Refusal['kind'], number>> = {
  invalid: 400,
  unauthorized: 401,
  'not-found': 404,
  'stale-generation': 409,
  busy: 409,
  unsupported: 409,
  'cannot-start': 422,
  'no-capacity': 429,
  unreachable: 502,
  'bad-reply': 502,
  timeout: 504,
};

function send(response: ServerResponse, reply: Result<unknown, Refusal>): void {
  if (reply.ok && reply.value === null) return void response.writeHead(204).end();
  const { kind: code, ...rest } = reply.ok ? { kind: null } : reply.error;
  const status = code === null ? 200 : statusOf[code];
  const body = reply.ok ? reply.value : { error: { code, ...rest } };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
