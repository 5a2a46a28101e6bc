// Sends a trace to an endpoint, open loop: each request at its own moment, whatever became of the earlier ones. Owns the clock, the bound
// on requests at once, and what is noted of each.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TraceWindow } from '../../sim/conformance/cut-window.ts';
import type { SentRequest } from '../../sim/conformance/run-record.ts';
import type { Warmth } from '../../hosts/ports.ts';
import { tokensFor } from './paced-models.ts';

export interface SendOptions {
  readonly window: TraceWindow;
  readonly speed: number;
  readonly target: string;
  /** Tenants of the trace share them out among themselves. */
  readonly keys: readonly string[];
  /** The model to ask for, by pool of the trace. */
  readonly models: readonly string[];
  readonly inFlightMax: number;
  readonly signal: AbortSignal;
  readonly onProgress: (sent: number, answered: number, of: number) => void;
}

export interface SentRun {
  readonly startedMs: number;
  readonly requests: readonly SentRequest[];
}

/** Timers of the runtime are late by a millisecond or two; the first requests of a trace must not be late by the start of everything. */
const leadMs = 200;
/** The deployment has limits of its own; this one is for an endpoint that never answers. */
const answerMsMax = 600_000;
const warmths: readonly string[] = ['hot', 'parked', 'cold'] satisfies readonly Warmth[];

/** Resolves when all are answered; rejects only when `signal` fires. */
export async function sendRequests(options: SendOptions): Promise<SentRun> {
  const { window, speed, inFlightMax, signal, onProgress } = options;
  // The clock that does not jump, read in epoch ms.
  const originMs = Date.now() - performance.now();
  const startedMs = originMs + performance.now() + leadMs;
  const requests: SentRequest[] = [];
  const running = new Set<Promise<void>>();
  let answered = 0;
  for (const [at, { atMs }] of window.requests.entries()) {
    const dueMs = startedMs + atMs / speed;
    await sleep(Math.max(0, dueMs - originMs - performance.now()), undefined, { signal });
    // Whoever waits here is late, and the table says by how much.
    while (running.size >= inFlightMax) await Promise.race(running);
    const sending = sendOne(options, at, { dueMs, originMs }).then((sent) => {
      requests[at] = sent;
      answered += 1;
      running.delete(sending);
    });
    running.add(sending);
    onProgress(at + 1, answered, window.requests.length);
  }
  await Promise.all(running);
  signal.throwIfAborted();
  return { startedMs, requests };
}

async function sendOne(
  options: SendOptions,
  at: number,
  { dueMs, originMs }: { readonly dueMs: number; readonly originMs: number },
): Promise<SentRequest> {
  const { window, speed, target, keys, models, signal } = options;
  const request = window.requests[at];
  const key = keys[(request?.tenant ?? 0) % keys.length] ?? '';
  const sentMs = originMs + performance.now();
  const body = {
    model: models[request?.pool ?? 0] ?? '',
    max_tokens: tokensFor(request?.execMs ?? 0, speed),
    messages: [{ role: 'user', content: 'replay' }],
  };
  const answer = await ask(`${target}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerMsMax)]),
  });
  return {
    model: body.model,
    dueMs,
    sentMs,
    totalMs: originMs + performance.now() - sentMs,
    ...answer,
  };
}

/** Whatever goes wrong is an answer of status 0. */
async function ask(
  url: string,
  init: RequestInit,
): Promise<Pick<SentRequest, 'status' | 'warmth' | 'waitMs'>> {
  try {
    const response = await fetch(url, init);
    await response.arrayBuffer();
    const warmth = response.headers.get('x-pilotlight-warmth');
    const waitMs = Number(response.headers.get('x-pilotlight-wait-ms') ?? Number.NaN);
    return {
      status: response.status,
      warmth: warmth !== null && warmths.includes(warmth) ? (warmth as Warmth) : null,
      waitMs: Number.isFinite(waitMs) ? waitMs : null,
    };
  } catch {
    return { status: 0, warmth: null, waitMs: null };
  }
}
