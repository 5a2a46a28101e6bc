// The edge's surface: which middleware runs in which order, and which path is whose. Composition only.
import { Hono, type Context } from 'hono';
import type { Failure } from '../src/core/api/failure.ts';
import { renderFailure } from '../src/core/api/failure.ts';
import { beginEvent, writeEvent } from '../src/telemetry/request-event.ts';
import { listPools } from './admin/pools.ts';
import type { AppEnv } from './context.ts';
import { failureResponse, RequestFailure } from './http-errors.ts';
import { authenticate, authenticateAdmin } from './middleware/authenticate.ts';
import { mintRequestId, openDoor } from './middleware/open-door.ts';
import { servePage } from './page.ts';
import type { RouteEntry } from './route-entry.ts';
import { createChatCompletion } from './v1/chat-completions.ts';
import { createEmbeddings } from './v1/embeddings.ts';
import { listModels, retrieveModel } from './v1/models.ts';
import { sessionRoutes } from './v1/sessions.ts';

/** Every route behind a key. A path answers to the methods listed and to no other. */
const routes: readonly RouteEntry[] = [
  { path: '/v1/chat/completions', handlers: { POST: createChatCompletion } },
  { path: '/v1/embeddings', handlers: { POST: createEmbeddings } },
  { path: '/v1/models', handlers: { GET: listModels } },
  { path: '/v1/models/:id', handlers: { GET: retrieveModel } },
  ...sessionRoutes,
  { path: '/admin/v1/pools', handlers: { GET: listPools } },
];

export function makeApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ strict: true });
  app.use(async (c, next) => {
    c.set('startedMs', Date.now());
    c.set('requestId', mintRequestId());
    // Only the path: a query could carry a secret that somebody put there by mistake.
    c.set('event', beginEvent(c.get('requestId'), c.req.method, c.req.path.slice(0, 200)));
    await next();
    finish(c);
  });
  app.use(openDoor);
  app.get('/healthz', (c) =>
    c.json({ ok: true, environment: c.get('config').environment }, 200, {
      'x-request-id': c.get('requestId'),
    }),
  );
  app.use('/v1/*', authenticate);
  app.use('/admin/*', authenticateAdmin);
  for (const { path, handlers } of routes) {
    for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
    app.all(path, () => refuse({ kind: 'method-not-allowed', allow: Object.keys(handlers) }));
  }
  app.all('/v1/*', (c) => refuse({ kind: 'unknown-route', path: c.req.path }));
  app.all('/admin/*', (c) => refuse({ kind: 'unknown-route', path: c.req.path }));
  app.get('*', servePage);
  app.notFound((c) => refuse({ kind: 'unknown-route', path: c.req.path }));
  app.onError((cause, c) => answerFailure(c, cause));
  return app;
}

function refuse(failure: Failure): never {
  throw new RequestFailure(failure);
}

function answerFailure(c: Context<AppEnv>, cause: unknown): Response {
  const failure: Failure = cause instanceof RequestFailure ? cause.failure : { kind: 'internal' };
  if (failure.kind === 'internal') {
    // eslint-disable-next-line no-console -- a bug: the client gets an id, the operator the stack.
    console.error(c.get('requestId'), cause);
  }
  c.get('event').error = renderFailure(failure).body.error.code;
  return failureResponse(failure, c.get('requestId'));
}

/** Dispatch writes the event of a model's request itself, when its last byte has gone. */
function finish(c: Context<AppEnv>): void {
  const event = c.get('event');
  if (event.status === -1) return;
  writeEvent({ ...event, status: c.res.status, durationMs: Date.now() - c.get('startedMs') });
}
