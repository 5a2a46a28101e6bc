// The edge's surface: which middleware runs in which order, and which path is whose. Composition only.
import { Hono, type Context } from 'hono';
import type { Failure } from '../src/core/api/failure.ts';
import { renderFailure } from '../src/core/api/render-failure.ts';
import { orderCircuit } from './admin/circuits.ts';
import { listPools } from './admin/pools.ts';
import { showRecording } from './admin/recording.ts';
import { tenantRuleRoutes } from './admin/tenant-rules.ts';
import { showPool, showWarmth } from './admin/warmth.ts';
import { workerDeps, type AppDeps } from './app-deps.ts';
import type { AppEnv } from './context.ts';
import { tellHealth } from './healthz.ts';
import { failureResponse, RequestFailure } from './http-errors.ts';
import { authenticate, authenticateAdmin } from './middleware/authenticate.ts';
import { beginRequest } from './middleware/begin-request.ts';
import { limitRate } from './middleware/limit-rate.ts';
import { openDoor } from './middleware/open-door.ts';
import { servePage } from './page.ts';
import type { RouteEntry } from './route-entry.ts';
import { createChatCompletion } from './v1/chat-completions.ts';
import { createEmbeddings } from './v1/embeddings.ts';
import { indexRoutes } from './v1/indexes.ts';
import { listModels, retrieveModel } from './v1/models.ts';
import { functionRoutes } from './v1/functions.ts';
import { runTraceRoutes } from './v1/run-trace.ts';
import { runRoutes } from './v1/runs.ts';
import { sessionRoutes } from './v1/sessions.ts';

/** A path answers to the methods listed and to no other; whatever lies under /v1 or /admin needs a key first. */
const routes: readonly RouteEntry[] = [
  { path: '/', handlers: { GET: servePage } },
  { path: '/healthz', handlers: { GET: tellHealth } },
  { path: '/v1/chat/completions', handlers: { POST: createChatCompletion } },
  { path: '/v1/embeddings', handlers: { POST: createEmbeddings } },
  { path: '/v1/models', handlers: { GET: listModels } },
  { path: '/v1/models/:id', handlers: { GET: retrieveModel } },
  ...sessionRoutes,
  ...functionRoutes,
  ...runRoutes,
  ...runTraceRoutes,
  ...indexRoutes,
  { path: '/admin/v1/pools', handlers: { GET: listPools } },
  { path: '/admin/v1/pools/:pool', handlers: { GET: showPool } },
  { path: '/admin/v1/pools/:pool/circuits', handlers: { POST: orderCircuit } },
  { path: '/admin/v1/warmth', handlers: { GET: showWarmth } },
  { path: '/admin/v1/recording', handlers: { GET: showRecording } },
  ...tenantRuleRoutes,
];

export function makeApp(deps: AppDeps = workerDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ strict: true });
  app.use(beginRequest(deps), openDoor);
  app.use('/v1/*', authenticate, limitRate);
  app.use('/admin/*', authenticateAdmin);
  for (const { path, handlers } of routes) {
    for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
    app.all(path, () => refuse({ kind: 'method-not-allowed', allow: methodsOf(handlers) }));
  }
  app.all('/v1/*', refuseRoute);
  app.all('/admin/*', refuseRoute);
  app.get('*', servePage);
  app.notFound(refuseRoute);
  app.onError((cause, c) => answerFailure(c, cause));
  return app;
}

/** Where GET is answered, so is HEAD. */
function methodsOf(handlers: RouteEntry['handlers']): readonly string[] {
  return Object.keys(handlers).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

function refuseRoute(c: Context<AppEnv>): never {
  return refuse({ kind: 'unknown-route', path: c.req.path });
}

function refuse(failure: Failure): never {
  throw new RequestFailure(failure);
}

function answerFailure(c: Context<AppEnv>, cause: unknown): Response {
  const failure: Failure = cause instanceof RequestFailure ? cause.failure : { kind: 'internal' };
  if (failure.kind === 'internal') c.get('deps').reportBug(c.get('requestId'), cause);
  c.get('event').error = renderFailure(failure).body.error.code;
  return failureResponse(failure, c.get('requestId'));
}
