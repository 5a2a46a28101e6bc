// What the Worker and a session object say to each other over `fetch`. Owns the paths, the header names and the codecs; a failure travels
// as data and becomes HTTP for the client at the edge alone.
import type { Failure } from '../src/core/api/failure.ts';
import type { Criticality } from '../src/core/resilience/criticality.ts';
import type { TurnServed } from '../src/core/session/session-state.ts';

/** A user message on its way to its session. */
export interface SessionPost {
  readonly tenant: string;
  readonly requestId: string;
  readonly key: string | null;
  readonly bodyHash: string;
  readonly content: string;
  /** Append-if: the log's last seq as the client knows it. */
  readonly expectedSeq: number | null;
  readonly criticality: Criticality;
  /** How long its client waits, as time left: clocks differ. Null = it has not said. */
  readonly waitsMs: number | null;
  /** Server-sent events, or one JSON object. */
  readonly stream: boolean;
}

/** What is read as a stream: the events after a seq, or everything. */
export interface SessionFollow {
  readonly tenant: string;
  readonly what: 'events' | 'export-lines' | 'export-array';
  readonly after: number;
}

const FAILURE_HEADER = 'x-session-failure';
const TENANT_HEADER = 'x-session-tenant';

/** The fixed part of every session's name, so that no tenant and id can be read as another pair: ids hold no slash. */
export function sessionName(tenant: string, sessionId: string): string {
  return `${tenant}/${sessionId}`;
}

/** The request for a stream. Nothing of the client's own request goes with it. */
export function followRequest({ tenant, what, after }: SessionFollow, asSocket: boolean): Request {
  const headers = { [TENANT_HEADER]: tenant, ...(asSocket ? { upgrade: 'websocket' } : {}) };
  return new Request(`https://session/${what}?after=${after}`, { headers });
}

/** What a request to the object asks to follow; null for a posted message. */
export function readFollow(request: Request): (SessionFollow & { readonly asSocket: boolean }) | null {
  if (request.method !== 'GET') return null;
  const url = new URL(request.url);
  return {
    tenant: request.headers.get(TENANT_HEADER) ?? '',
    what: url.pathname.slice(1) as SessionFollow['what'],
    after: Number(url.searchParams.get('after')),
    asSocket: request.headers.get('upgrade') === 'websocket',
  };
}

export function failureResponse(failure: Failure): Response {
  return Response.json(failure, { status: 500, headers: { [FAILURE_HEADER]: failure.kind } });
}

/** The failure that the object answered with; null when it answered with a turn. */
export async function readFailure(response: Response): Promise<Failure | null> {
  return response.headers.has(FAILURE_HEADER) ? await response.json<Failure>() : null;
}

export function servedHeaders(served: TurnServed): Record<string, string> {
  return {
    'x-pilotlight-model': served.version,
    ...(served.warmth === null ? {} : { 'x-pilotlight-warmth': served.warmth }),
    ...(served.waitMs === null ? {} : { 'x-pilotlight-wait-ms': String(Math.round(served.waitMs)) }),
  };
}
