// What the Worker and a session object say to each other over `fetch`. Owns the header names and the two codecs; a failure travels
// as data and becomes HTTP for the client at the edge alone.
import type { Failure } from '../src/core/api/failure.ts';
import type { TurnServed } from '../src/core/session/session-state.ts';

/** A user message on its way to its session. */
export interface SessionPost {
  readonly tenant: string;
  readonly requestId: string;
  readonly key: string | null;
  readonly bodyHash: string;
  readonly content: string;
  /** Server-sent events, or one JSON object. */
  readonly stream: boolean;
}

const FAILURE_HEADER = 'x-session-failure';

/** The fixed part of every session's name, so that no tenant and id can be read as another pair: ids hold no slash. */
export function sessionName(tenant: string, sessionId: string): string {
  return `${tenant}/${sessionId}`;
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
