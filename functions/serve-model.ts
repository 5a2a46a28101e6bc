// From a validated request to a response: route by the tenant's rules, dispatch, headers, event. Shared by every model endpoint.
import type { Context } from 'hono';
import { decideRoute, type Route } from '../src/core/routing/decide-route.ts';
import { renderFailure } from '../src/core/api/failure.ts';
import type { JsonObject } from '../src/core/door/parse-body.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import type { DispatchOutcome, DispatchRequest, DispatchSummary, Served } from '../src/hosts/dispatch.ts';
import type { EventDraft } from '../src/telemetry/request-event.ts';
import type { AppEnv } from './context.ts';
import { failureResponse, orFail } from './http-errors.ts';

export interface ModelCall {
  readonly task: ModelVersion['task'];
  readonly path: DispatchRequest['path'];
  readonly model: string;
  readonly stream: boolean;
  readonly body: JsonObject;
}

export async function serveModel(c: Context<AppEnv>, call: ModelCall): Promise<Response> {
  const { catalogue, place, dispatch: limits } = c.get('config');
  const deps = c.get('deps');
  const { id: tenant, rules } = c.get('tenant');
  const event = c.get('event');
  const route = orFail(decideRoute({ catalogue, place, rules, model: call.model, task: call.task }));
  fillRoute(event, call, route);
  const requestId = c.get('requestId');
  const request: DispatchRequest = {
    pool: route.pool,
    tenant,
    requestId,
    path: call.path,
    body: JSON.stringify({ ...call.body, model: route.version.id }),
    stream: call.stream,
    signal: c.req.raw.signal,
    startedMs: c.get('startedMs'),
    onEnd(summary) {
      c.set('eventIsDispatchs', true);
      deps.emit(finishEvent(event, summary));
    },
  };
  const outcome = await deps.dispatch(deps.portsFor(c.env, c.executionCtx), request, limits);
  // A stream's end is still to come; a dispatch that threw has told nobody, and its event is written with the response.
  c.set('eventIsDispatchs', true);
  return answer(outcome, requestId, route.version.id);
}

function answer(outcome: DispatchOutcome, requestId: string, version: string): Response {
  const headers = { 'x-request-id': requestId, 'x-pilotlight-model': version };
  switch (outcome.kind) {
    case 'failed': {
      const response = failureResponse(outcome.failure, requestId);
      response.headers.set('x-pilotlight-model', version);
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

/** What is not known yet, because a stream began before its slot was there, is left out. */
function servedHeaders({ warmth, waitMs }: Served): Record<string, string> {
  return {
    ...(warmth === null ? {} : { 'x-pilotlight-warmth': warmth }),
    ...(waitMs === null ? {} : { 'x-pilotlight-wait-ms': String(Math.round(waitMs)) }),
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
