// From a validated request to a response: route by the tenant's rules, dispatch, headers, event. Shared by every model endpoint.
import type { Context } from 'hono';
import { renderFailure } from '../src/core/api/render-failure.ts';
import type { JsonObject } from '../src/core/door/parse-body.ts';
import type { ModelVersion } from '../src/core/registry/model.ts';
import { withinClientTime } from '../src/core/resilience/client-time.ts';
import { glanceAt, poolViews, wakePassedOver } from '../durable-objects/pool-views.ts';
import type { TenantRules } from '../durable-objects/tenant-call.ts';
import type {
  DispatchOutcome,
  DispatchPorts,
  DispatchRequest,
  DispatchSummary,
  Served,
} from '../src/hosts/dispatch.ts';
import { bodyFor, planRequest, type PlannedRequest } from '../src/hosts/plan-request.ts';
import type { EventDraft } from '../src/telemetry/request-event.ts';
import type { AppEnv } from './context.ts';
import { emitRefusal } from './emit-refusal.ts';
import { failureResponse, orFail, RequestFailure } from './http-errors.ts';
import { answerAgain, cacheHeader, endRecording, findAnswer, listenerOf } from './kept-answer.ts';
import { priorityFor, readTerms } from './request-terms.ts';
import { readRouteFacts } from './route-facts.ts';

export interface ModelCall {
  readonly task: ModelVersion['task'];
  readonly path: DispatchRequest['path'];
  readonly model: string;
  readonly stream: boolean;
  readonly body: JsonObject;
}

export async function serveModel(c: Context<AppEnv>, call: ModelCall): Promise<Response> {
  const deps = c.get('deps');
  const { criticality, time } = readTerms(c);
  const { planned, rules } = await routeCall(c, call);
  const { attempts, policy, plan } = planned;
  const [first] = attempts;
  const limits = withinClientTime(planned.limits, time, call.stream);
  const event = c.get('event');
  fillRoute(event, call, { planned, rules });
  // Nothing is begun for a client that has given up.
  if (c.get('startedMs') + limits.totalMs <= deps.now()) throw new RequestFailure({ kind: 'total-timeout' });
  const requestId = c.get('requestId');
  const headers = { 'x-request-id': requestId, 'x-pilotlight-rules': rulesLabel(rules) };
  const found = await findAnswer(c, call, planned);
  if (found?.outcome === 'hit') return answerAgain(c, found.answer, headers);
  const recorder = found?.recorder ?? null;
  const request: DispatchRequest = {
    attempts,
    policy,
    tenant: c.get('tenant').id,
    priority: priorityFor(c, { ...call, overrides: plan.attempts[0]?.overrides, criticality }),
    requestId,
    path: call.path,
    stream: call.stream,
    signal: c.req.raw.signal,
    startedMs: c.get('startedMs'),
    ...listenerOf(recorder),
    onEnd(summary) {
      c.set('eventIsDispatchs', true);
      endRecording(recorder, summary);
      emitEnd(c, finishEvent(event, summary), summary);
    },
  };
  const ports = deps.portsFor(c.env, c.executionCtx);
  castShadow(c, call, { planned, ports });
  wakePassedOver(planned, { env: c.env, lifetime: c.executionCtx, mode: c.get('config').prewarm });
  const outcome = await deps.dispatch(ports, request, limits);
  // A stream's end is still to come; a dispatch that threw has told nobody, and its event is written with the response.
  c.set('eventIsDispatchs', true);
  const label = found === null ? {} : { [cacheHeader]: 'miss' };
  return answer(outcome, { requestId, headers: { ...headers, ...label }, version: first.version });
}

interface Routed {
  readonly planned: PlannedRequest;
  readonly rules: TenantRules;
}

/** Planned once more when the pools that it may go to had to be asked first. */
async function routeCall(c: Context<AppEnv>, call: ModelCall): Promise<Routed> {
  const { dispatch: limits, catalogue } = c.get('config');
  const { question, rules } = await readRouteFacts(c, call);
  const planned = orFail(planRequest(question, call.body, limits));
  const isNews = await glanceAt(planned, c.env, c.executionCtx);
  if (!isNews) return { planned, rules };
  const informed = { ...question, views: poolViews(catalogue, Date.now()) };
  return { planned: orFail(planRequest(informed, call.body, limits)), rules };
}

/** The same request to another model, whose answer nobody waits for and nobody gets. */
function castShadow(
  c: Context<AppEnv>,
  call: ModelCall,
  { planned: { plan, limits }, ports }: { readonly planned: PlannedRequest; readonly ports: DispatchPorts },
): void {
  const { shadow } = plan;
  if (shadow === null) return;
  const deps = c.get('deps');
  const requestId = `${c.get('requestId')}.shadow`;
  const body = bodyFor(shadow, { ...call.body, stream: false }, c.get('config').catalogue);
  const event = { ...c.get('event'), requestId, version: shadow.target, because: 'shadow', stream: false };
  const request: DispatchRequest = {
    attempts: [{ pool: shadow.pool, version: shadow.target, body }],
    tenant: c.get('tenant').id,
    // Nobody misses it.
    priority: priorityFor(c, { ...call, overrides: shadow.overrides, criticality: 'sheddable' }),
    requestId,
    path: call.path,
    stream: false,
    signal: new AbortController().signal,
    startedMs: deps.now(),
    onEnd: (summary) => emitEnd(c, finishEvent(event, summary), summary),
  };
  c.executionCtx.waitUntil(deps.dispatch(ports, request, limits).catch(() => undefined));
}

/** Which rules answered: their version, 0 = those of the tenant's file; marked where the tenant's object could not be asked. */
function rulesLabel({ version, source }: TenantRules): string {
  return source === 'file-unconfirmed' ? `${version}-unconfirmed` : String(version);
}

interface AnswerParts {
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The version that was asked first. */
  readonly version: string;
}

function answer(outcome: DispatchOutcome, { requestId, headers: common, version }: AnswerParts): Response {
  const served = outcome.kind === 'failed' ? {} : servedHeaders(outcome.served);
  const headers = { ...common, 'x-pilotlight-model': version, ...served };
  switch (outcome.kind) {
    case 'failed':
      return failureResponse(outcome.failure, requestId, headers);
    case 'json':
      return new Response(outcome.body, {
        headers: { ...headers, 'content-type': 'application/json' },
      });
    case 'stream':
      return new Response(outcome.body, {
        headers: {
          ...headers,
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
        },
      });
  }
}

/** What is not known yet, because a stream began before its slot was there, is left out. */
function servedHeaders({ warmth, waitMs, version, label }: Served): Record<string, string> {
  return {
    ...(version === undefined ? {} : { 'x-pilotlight-model': version }),
    ...(label === undefined ? {} : { 'x-pilotlight-substitute': label }),
    ...(warmth === null ? {} : { 'x-pilotlight-warmth': warmth }),
    ...(waitMs === null ? {} : { 'x-pilotlight-wait-ms': String(Math.round(waitMs)) }),
  };
}

function fillRoute(event: EventDraft, call: ModelCall, { planned, rules }: Routed): void {
  event.model = call.model;
  event.version = planned.attempts[0].version;
  event.because = planned.plan.explain.because;
  event.rules = rulesLabel(rules);
  event.stream = call.stream;
}

function emitEnd(c: Context<AppEnv>, ended: EventDraft, { isTurnedAway }: DispatchSummary): void {
  const deps = c.get('deps');
  if (isTurnedAway === true) emitRefusal(ended, deps, c.executionCtx);
  else deps.emit(ended);
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
    version: served.version ?? event.version,
    substitute: served.label ?? null,
    attempts: summary.attempts,
    segments: summary.segments ?? 0,
    replica: summary.replicaId,
    promptTokens: usage?.promptTokens ?? null,
    completionTokens: usage?.completionTokens ?? null,
    chunks: summary.chunks,
    finishReason: summary.finishReason,
    error: failure?.body.error.code ?? null,
  };
}
