// One small HTTP call to a replica: its health, park, wake, drain. A connection of its own each time, because a pooled one may belong to
// a process that is gone. Never throws: no answer is null.
import { request, type OutgoingHttpHeaders } from 'node:http';
import { request as requestSecurely } from 'node:https';

export interface ServerReply {
  readonly status: number;
  readonly text: string;
}

export interface ServerCall {
  readonly timeoutMs: number;
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** Sent as JSON. */
  readonly body?: object | undefined;
  /** The rest of a larger reply is of no interest. */
  readonly textCharsMax?: number | undefined;
}

/** The replies of the contract are well under a kilobyte. */
const usualCharsMax = 16_384;

export function callServer(
  method: 'GET' | 'POST',
  url: string,
  { timeoutMs, headers = {}, body, textCharsMax = usualCharsMax }: ServerCall,
): Promise<ServerReply | null> {
  const { promise, resolve } = Promise.withResolvers<ServerReply | null>();
  const send = url.startsWith('https:') ? requestSecurely : request;
  const signal = AbortSignal.timeout(timeoutMs);
  const text = body === undefined ? null : JSON.stringify(body);
  const typed =
    text === null
      ? headers
      : { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const call = send(url, { method, headers: typed, agent: false, signal }, (response) => {
    let heard = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      if (heard.length < textCharsMax) heard += piece;
    });
    response.once('end', () =>
      resolve({ status: response.statusCode ?? 0, text: heard.slice(0, textCharsMax) }),
    );
    response.once('error', () => resolve(null));
  });
  call.once('error', () => resolve(null));
  call.once('close', () => resolve(null));
  call.end(text);
  return promise;
}
