// One request over a pool of kept-alive connections, timed from the moment at which it was meant to be sent. Owns the client's limit and
// its leaving; what the answer is worth is verdict.ts.
import { request, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { renderBody, type Ask } from './ask.ts';
import { AnswerReader, type Reading } from './read-answer.ts';
import { judge, type Verdict } from './verdict.ts';

export interface Answered {
  readonly ask: Ask;
  readonly verdict: Verdict;
  readonly status: number;
  readonly reading: Reading | null;
  /** Our own headers, and `retry-after`. */
  readonly labels: Readonly<Record<string, string>>;
  /** On the clock of `performance.now`. */
  readonly intendedMs: number;
  /** How much later than intended it was sent. */
  readonly lateMs: number;
  /** From the intended moment; null when it did not come so far. */
  readonly headMs: number | null;
  readonly firstTextMs: number | null;
  readonly tookMs: number;
  /** The last try alone, from its sending. */
  readonly tryMs: number;
}

export interface Target {
  readonly port: number;
  readonly agent: Agent;
}

export interface Sent {
  readonly answered: Promise<Answered>;
  /** The client goes away, with a reset or with a plain close. */
  leave(how: 'reset' | 'close'): void;
}

/** As documented for clients; written out, because a client does not share the gateway's sources. */
const REMAINING_HEADER = 'x-pilotlight-remaining-ms';

export interface SendOptions {
  readonly intendedMs?: number;
  /** Not the first try: being late is not the generator's fault. */
  readonly isRetry?: boolean;
  /** Called with each piece of an answer that has begun. */
  readonly onPiece?: (text: string) => void;
}

export function send(target: Target, ask: Ask, options: SendOptions = {}): Sent {
  const sentMs = performance.now();
  const intendedMs = options.intendedMs ?? sentMs;
  const { promise, resolve } = Promise.withResolvers<Answered>();
  const reader = new AnswerReader(ask.stream);
  const state = {
    status: 0,
    headMs: null as number | null,
    firstTextMs: null as number | null,
    hasLeft: false,
  };
  let labels: Readonly<Record<string, string>> = {};
  const body = renderBody(ask);
  const leftMs = Math.max(1, Math.floor(intendedMs + ask.limitMs - sentMs));
  const sinceMs = (): number => performance.now() - intendedMs;
  const settle = (isClean: boolean): void => {
    clearTimeout(timer);
    const { status, headMs, firstTextMs, hasLeft } = state;
    const tookMs = sinceMs();
    // An error of the gateway is JSON, whatever was asked for.
    const reading = status === 0 ? null : readerOf(status).end();
    const verdict = judge(ask, { status, reading, isClean, tookMs, hasLeft });
    const lateMs = options.isRetry === true ? 0 : sentMs - intendedMs;
    const tryMs = performance.now() - sentMs;
    resolve({
      ask,
      verdict,
      status,
      reading,
      labels,
      intendedMs,
      lateMs,
      headMs,
      firstTextMs,
      tookMs,
      tryMs,
    });
  };
  const refusal = new AnswerReader(false);
  const readerOf = (status: number): AnswerReader => (status === 200 ? reader : refusal);
  const call = request(
    {
      host: '127.0.0.1',
      port: target.port,
      agent: target.agent,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        authorization: `Bearer ${ask.key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(ask.tellsLimit === true ? { [REMAINING_HEADER]: String(leftMs) } : {}),
        ...ask.headers,
      },
    },
    (response) => {
      state.status = response.statusCode ?? 0;
      state.headMs = sinceMs();
      labels = labelsOf(response.headers);
      const into = readerOf(state.status);
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        into.push(piece);
        if (state.firstTextMs === null && into.hasText) state.firstTextMs = sinceMs();
        options.onPiece?.(piece);
      });
      response.once('end', () => settle(true));
      response.once('error', () => settle(false));
    },
  );
  call.setNoDelay(true);
  call.once('error', () => settle(false));
  call.end(body);
  const timer = setTimeout(() => call.destroy(), leftMs);
  return {
    answered: promise,
    leave: (how) => {
      state.hasLeft = true;
      leave(call, how);
    },
  };
}

function leave(call: ClientRequest, how: 'reset' | 'close'): void {
  // Before it has a socket of its own there is nobody who could notice the difference.
  if (how === 'reset' && call.socket !== null) call.socket.resetAndDestroy();
  else call.destroy();
}

function labelsOf(headers: IncomingMessage['headers']): Readonly<Record<string, string>> {
  const ours = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && (name.startsWith('x-') || name === 'retry-after') ? [[name, value]] : [],
  );
  return Object.fromEntries(ours) as Record<string, string>;
}
