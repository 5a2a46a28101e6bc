// One small HTTP call to a replica: its health, park, wake, drain. A connection of its own each time, because a pooled one may belong to
// a process that is gone. Never throws: no answer is null.
import { request, type OutgoingHttpHeaders } from 'node:http';
import { request as requestSecurely } from 'node:https';

export interface ServerReply {
  readonly status: number;
  readonly text: string;
}

/** The replies of the contract are well under a kilobyte; the rest of a larger one is of no interest. */
const textCharsMax = 16_384;

export function callServer(
  method: 'GET' | 'POST',
  url: string,
  timeoutMs: number,
  headers: OutgoingHttpHeaders = {},
): Promise<ServerReply | null> {
  const { promise, resolve } = Promise.withResolvers<ServerReply | null>();
  const send = url.startsWith('https:') ? requestSecurely : request;
  const signal = AbortSignal.timeout(timeoutMs);
  const call = send(url, { method, headers, agent: false, signal }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      if (text.length < textCharsMax) text += piece;
    });
    response.once('end', () =>
      resolve({ status: response.statusCode ?? 0, text: text.slice(0, textCharsMax) }),
    );
    response.once('error', () => resolve(null));
  });
  call.once('error', () => resolve(null));
  call.once('close', () => resolve(null));
  call.end();
  return promise;
}
