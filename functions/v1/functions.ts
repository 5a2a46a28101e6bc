// Functions: GET /v1/functions, POST /v1/functions/{name}. The answer comes whole, as events (Accept: text/event-stream), or later
// (Prefer: respond-async).
import type { Context } from 'hono';
import { z } from 'zod';
import type { CompoundFunction } from '../../src/core/run/define-function.ts';
import type { RunView } from '../../src/core/run/view-run.ts';
import { followRunOf } from '../../durable-objects/run-call.ts';
import { findFunction, listFunctions } from '../compound/known-functions.ts';
import type { AppEnv } from '../context.ts';
import { failureResponse, RequestFailure } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import type { RouteEntry } from '../route-entry.ts';
import { awaitRun, failureOf, startRun } from '../start-run.ts';

export const functionRoutes: readonly RouteEntry[] = [
  { path: '/v1/functions', handlers: { GET: showFunctions } },
  { path: '/v1/functions/:name', handlers: { GET: showFunction, POST: callFunction } },
];

function showFunctions(c: Context<AppEnv>): Response {
  const data = listFunctions(c.get('config')).map(describe);
  return c.json({ object: 'list', data }, 200, { 'x-request-id': c.get('requestId') });
}

function showFunction(c: Context<AppEnv>): Response {
  return c.json(describe(functionOf(c)), 200, { 'x-request-id': c.get('requestId') });
}

async function callFunction(c: Context<AppEnv>): Promise<Response> {
  const fn = functionOf(c);
  const { bounds } = c.get('config');
  const input = await readJsonBody(c.req.raw, { ...bounds, bodyBytesMax: bounds.inputBytesMax });
  const isLater = /\brespond-async\b/.test(c.req.header('prefer') ?? '');
  const isStream = (c.req.header('accept') ?? '').includes('text/event-stream');
  const run = await startRun(c, fn, { input: input as never, inOnePiece: !isLater && !isStream });
  if (isLater) {
    return c.json(run, 202, {
      ...headersOf(c, run),
      location: `/v1/runs/${run.id}`,
      'preference-applied': 'respond-async',
    });
  }
  if (isStream) return await streamRun(c, run);
  const ended = await awaitRun(c, run.id);
  const failure = failureOf(ended);
  if (failure === null) return c.json(ended, 200, headersOf(c, ended));
  const response = failureResponse(failure, c.get('requestId'));
  response.headers.set('x-pilotlight-run', run.id);
  c.get('event').error = failure.kind;
  return response;
}

async function streamRun(c: Context<AppEnv>, run: RunView): Promise<Response> {
  const reply = await followRunOf(c.env, { tenant: c.get('tenant').id, id: run.id }, {});
  return new Response(reply.body, { headers: { ...headersOf(c, run), ...eventStreamHeaders } });
}

export const eventStreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
} as const;

function headersOf(c: Context<AppEnv>, run: RunView): Record<string, string> {
  return { 'x-request-id': c.get('requestId'), 'x-pilotlight-run': run.id };
}

function functionOf(c: Context<AppEnv>): CompoundFunction {
  const name = c.req.param('name') ?? '';
  const fn = findFunction(c.get('config'), name);
  if (fn === null) throw new RequestFailure({ kind: 'unknown-function', name });
  return fn;
}

function describe(fn: CompoundFunction): object {
  const { name, version, description, uses, chat } = fn;
  return {
    id: name,
    object: 'function',
    version,
    description,
    input_schema: schemaOf(fn.input, 'input'),
    output_schema: schemaOf(fn.output, 'output'),
    models: Object.entries(uses.models ?? {}).map(([alias, { model, task }]) => ({ alias, model, task })),
    indexes: Object.entries(uses.indexes ?? {}).map(([alias, { index }]) => ({ alias, index })),
    functions: Object.entries(uses.functions ?? {}).map(([alias, called]) => ({
      alias,
      function: called.name,
    })),
    chat_model: chat === null ? null : `function:${name}`,
  };
}

/** A schema that JSON Schema cannot say (a transform, a custom check) is left out where it stands. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' });
}
