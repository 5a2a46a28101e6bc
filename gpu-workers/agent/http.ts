// The agent's HTTP side: token, paths, bodies, status codes. Speaks src/backends/agent-protocol.ts; knows no driver in particular.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { commandBody, holdBody, replicaIdPattern, startBody } from '../../src/backends/agent-protocol.ts';
import type { BackendError, ReplicaRef } from '../../src/backends/backend.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import type { Driver } from './driver.ts';

/** The largest body of the protocol is well under a kilobyte. */
const bodyBytesMax = 16_384;
/** Longer than the pauses between two calls of a pool: a connection that closes just then looks like an agent that is down. */
const keepAliveMs = 75_000;

type Refusal = BackendError | { readonly kind: 'invalid'; readonly message: string };
type Answer = Result<unknown, Refusal>;

export interface AgentServerOptions {
  /** Calls wait for it: the port is taken before the driver has put things in order. */
  readonly driver: Promise<Driver>;
  readonly token: string;
  readonly log: (line: string) => void;
}

export function makeAgentServer(options: AgentServerOptions): Server {
  const server = createServer((request, response) => {
    answer(options, request).then(
      (reply) => send(response, reply),
      (cause: unknown) => {
        if (!request.destroyed)
          options.log(`a call failed: ${cause instanceof Error ? cause.stack : String(cause)}`);
        send(response, err({ kind: 'bad-reply', message: 'internal error of the agent' }));
      },
    );
  });
  server.keepAliveTimeout = keepAliveMs;
  return server;
}

async function answer(options: AgentServerOptions, request: IncomingMessage): Promise<Answer> {
  const driver = await options.driver;
  const url = URL.parse(request.url ?? '/', 'http://agent');
  if (url === null) return invalid('the path is not valid');
  const call = `${request.method} ${url.pathname}`;
  if (call === 'GET /healthz') return ok({ ok: true });
  if (!hasToken(request, options.token)) {
    return err({ kind: 'unauthorized', message: 'wrong or missing token' });
  }
  if (call === 'GET /v1/capacity') return ok(driver.capacity());
  if (call === 'GET /v1/replicas') {
    const listed = await driver.list(url.searchParams.get('pool'));
    return listed.ok ? ok({ replicas: listed.value }) : listed;
  }
  if (call === 'PUT /v1/holds') return holdContainers(driver, request);
  return answerReplica(driver, request, url);
}

async function holdContainers(driver: Driver, request: IncomingMessage): Promise<Answer> {
  const body = await readBody(request);
  if (!body.ok) return body;
  const parsed = holdBody.safeParse(body.value);
  if (!parsed.success) return invalid(z.prettifyError(parsed.error));
  if (driver.hold === undefined) return err({ kind: 'unsupported', message: 'nothing here has a buffer' });
  return driver.hold(parsed.data);
}

async function answerReplica(driver: Driver, request: IncomingMessage, url: URL): Promise<Answer> {
  const match = /^\/v1\/replicas\/([^/]+)(?:\/([a-z]+))?$/.exec(url.pathname);
  if (match === null) return invalid('no such path');
  const [, id = '', verb = ''] = match;
  if (!replicaIdPattern.test(id)) return invalid(`a replica's id must match ${replicaIdPattern.source}`);
  if (request.method === 'DELETE' && verb === '') return stopReplica(driver, id, url);
  const body = await readBody(request);
  if (!body.ok) return body;
  if (request.method === 'PUT' && verb === '') return startReplica(driver, id, body.value);
  if (request.method === 'POST') return turnReplica(driver, { id, verb }, body.value);
  return invalid(`${request.method} is no call of this path`);
}

async function startReplica(driver: Driver, id: string, body: unknown): Promise<Answer> {
  const parsed = startBody.safeParse(body);
  return parsed.success ? driver.start({ id, ...parsed.data }) : invalid(z.prettifyError(parsed.error));
}

async function turnReplica(
  driver: Driver,
  turn: { id: string; verb: string },
  body: unknown,
): Promise<Answer> {
  const parsed = commandBody.safeParse(body);
  if (!parsed.success) return invalid(z.prettifyError(parsed.error));
  const ref: ReplicaRef = { id: turn.id, generation: parsed.data.generation };
  switch (turn.verb) {
    case 'park':
      return driver.park(ref);
    case 'wake':
      return driver.wake(ref);
    case 'drain':
      return driver.drain(ref);
    default:
      return invalid('no such path');
  }
}

async function stopReplica(driver: Driver, id: string, url: URL): Promise<Answer> {
  const parsed = commandBody.safeParse({ generation: Number(url.searchParams.get('generation')) });
  return parsed.success
    ? driver.stop({ id, generation: parsed.data.generation })
    : invalid('give ?generation=G, from 1');
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
    const chunk = piece as Buffer;
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return invalid(`the body is larger than ${bodyBytesMax} bytes`);
    pieces.push(chunk);
  }
  try {
    return ok(JSON.parse(Buffer.concat(pieces).toString('utf8')));
  } catch {
    return invalid('the body is not JSON');
  }
}

function invalid(message: string): { readonly ok: false; readonly error: Refusal } {
  return err({ kind: 'invalid', message });
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
  quota: 429,
  'bad-reply': 500,
  unreachable: 502,
  timeout: 504,
};

function send(response: ServerResponse, reply: Answer): void {
  if (response.destroyed || response.headersSent) return;
  if (reply.ok && reply.value === null) return void response.writeHead(204).end();
  if (reply.ok) return sendJson(response, 200, reply.value);
  const { kind: code, ...rest } = reply.error;
  sendJson(response, statusOf[code], { error: { code, ...rest } });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
