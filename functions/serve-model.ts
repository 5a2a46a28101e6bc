// From a validated request to a response: route by the tenant's rules, dispatch, headers, event. Shared by every model endpoint.
import type { Context } from 'hono';
import { decideRoute, type Route } from '../src/core/routing/decide-route.ts';
import { renderFailure } from '../src/core/api/failure.ts';
import type { JsonObject } from '../src/core/door/parse-body.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import { dispatch, type DispatchRequest, type DispatchSummary, type Served } from '../src/hosts/dispatch.ts';
import { portsFor } from '../src/hosts/worker-ports.ts';
import { writeEvent, type EventDraft } from '../src/telemetry/request-event.ts';
import type { AppEnv } from './context.ts';
import { failureResponse, RequestFailure } from './http-errors.ts';

export interface ModelCall {
  readonly task: ModelVersion['task'];
  readonly path: DispatchRequest['path'];
  readonly model: string;
  readonly stream: boolean;
  readonly body: JsonObject;
}

export async function serveModel(c: Context<AppEnv>, call: ModelCall): Promise<Response> {
  const { catalogue, place, dispatch: limits } = c.get('config');
  const tenant = c.get('tenant');
  const event = c.get('event');
  const route = decideRoute({ catalogue, place, rules: tenant.rules, model: call.model, task: call.task });
  if (!route.ok) throw new RequestFailure(route.error);
  fillRoute(event, call, route.value);
  const requestId = c.get('requestId');
  const request: DispatchRequest = {
    pool: route.value.pool,
    tenant: tenant.id,
    requestId,
    path: call.path,
    body: JSON.stringify({ ...call.body, model: route.value.version.id }),
    stream: call.stream,
    signal: c.req.raw.signal,
    startedMs: c.get('startedMs'),
    onEnd: (summary) => writeEvent(finishEvent(event, summary)),
  };
  const outcome = await dispatch(portsFor(c.env, c.executionCtx), request, limits);
  // From here on the event is written by dispatch, when the last byte has gone.
  event.status = -1;
  const headers = { 'x-request-id': requestId, 'x-pilotlight-model': route.value.version.id };
  switch (outcome.kind) {
    case 'failed': {
      const response = failureResponse(outcome.failure, requestId);
      response.headers.set('x-pilotlight-model', route.value.version.id);
      return response;
    }
    case 'json':
      return new Response(outcome.body, {
        headers: { ...headers, ...servedHeaders(outcome.served), 'content-type': 'application/json' },
      });
    case 'stream':
      return new Response(outcome.body, {
        headers: {
          ...headers,
          ...servedHeaders(outcome.served),
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
        },
      });
  }
}

export function servedHeaders(served: Served): Record<string, string> {
  return {
    ...(served.warmth === null ? {} : { 'x-pilotlight-warmth': served.warmth }),
    ...(served.waitMs === null ? {} : { 'x-pilotlight-wait-ms': String(served.waitMs) }),
  };
}

function fillRoute(event: EventDraft, call: ModelCall, route: Route): void {
  event.model = call.model;
  event.version = route.version.id;
  event.because = route.because;
  event.stream = call.stream;
}

function finishEvent(event: EventDraft, summary: DispatchSummary): EventDraft {
  const failure = summary.failure === null ? null : renderFailure(summary.failure);
  const { served, usage } = summary;
  return {
    ...event,
    status: failure?.status ?? 200,
    durationMs: summary.totalMs,
    warmth: served.warmth,
    waitMs: served.waitMs,
    firstContentMs: summary.firstContentMs,
    attempts: summary.attempts,
    replica: summary.replicaId,
    promptTokens: usage?.promptTokens ?? null,
    completionTokens: usage?.completionTokens ?? null,
    chunks: summary.chunks,
    finishReason: summary.finishReason,
    error: failure?.body.error.code ?? null,
  };
}
