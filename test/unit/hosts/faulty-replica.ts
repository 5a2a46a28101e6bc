// A model server on loopback that misbehaves on demand, and a pool of slots that counts. Real sockets, no timing of its own: what it
// withholds it withholds for good.
import type http from 'node:http';
import { gzipSync } from 'node:zlib';
import { ok } from '../../../src/core/base/result.ts';
import type {
  DispatchLimits,
  DispatchPorts,
  DispatchRequest,
  DispatchSummary,
} from '../../../src/hosts/dispatch.ts';
import type { SlotGrant, SlotOutcome } from '../../../src/hosts/ports.ts';
import { startServer, type LoopbackServer } from './loopback-server.ts';

export type Behaviour = (res: http.ServerResponse, req: http.IncomingMessage) => void;

export interface Upstream extends LoopbackServer {
  readonly calls: http.IncomingMessage[];
  /** Requests that came, and connections of requests that have ended, however they ended. */
  readonly open: () => number;
}

export async function startUpstream(behave: Behaviour): Promise<Upstream> {
  const calls: http.IncomingMessage[] = [];
  let open = 0;
  const server = await startServer((req, res) => {
    calls.push(req);
    open += 1;
    res.on('close', () => {
      open -= 1;
    });
    req.resume();
    req.on('end', () => behave(res, req));
  });
  return { ...server, calls, open: () => open };
}

export function delta(content: string, finish: string | null = null): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices })}\n\n`;
}

export const DONE = 'data: [DONE]\n\n';
export const GOOD_STREAM = `${delta('Hel')}${delta('lo')}${delta('', 'stop')}data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}\n\n${DONE}`;

function sse(res: http.ServerResponse): http.ServerResponse {
  return res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
}

/** Answers with the text, whole. */
export function answer(text: string, type = 'text/event-stream', status = 200): Behaviour {
  return (res) => res.writeHead(status, { 'content-type': type }).end(text);
}

/** Sends the text and then nothing for ever. */
export function stallAfter(text: string): Behaviour {
  return (res) => sse(res).write(text === '' ? ': here\n\n' : text);
}

/** Sends the text and resets the connection once it is on its way. */
export function resetAfter(text: string): Behaviour {
  return (res) => sse(res).write(text, () => setImmediate(() => res.socket?.resetAndDestroy()));
}

/** Sends the text as fast as it is read, for ever. */
export function flood(text: string, onWrite: () => void): Behaviour {
  return (res) => {
    sse(res);
    const pour = (): void => {
      while (!res.destroyed) {
        onWrite();
        if (!res.write(text)) return void res.once('drain', pour);
      }
    };
    pour();
  };
}

export const neverAnswer: Behaviour = () => {};

/** A few bytes on the wire that inflate to some 64 MB: one packed megabyte again and again, because to pack all of it would itself take as long as a first token may. */
export const gzipBomb: Behaviour = (res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
  const text = 'data: x\n\n';
  const member = gzipSync(Buffer.alloc(text.length * 116_509, text));
  res.end(Buffer.concat(Array.from({ length: 64 }, () => member)));
};

export const LIMITS: DispatchLimits = {
  totalMs: 4_000,
  firstTokenMs: 2_000,
  idleMs: 2_000,
  graceMs: 3_000,
  keepAliveMs: 1_000,
  replyBytesMax: 64 * 1024,
};

export interface Bench {
  readonly ports: DispatchPorts;
  /** Every slot given back, in order. */
  readonly released: SlotOutcome[];
  readonly granted: () => number;
  /** Everything that was handed to `waitUntil` is over. */
  settled(): Promise<void>;
}

/** Ports over loopback whose slots lead to the given endpoints, one after the other, the last one for ever. */
export function makeBench(...endpoints: readonly string[]): Bench {
  const released: SlotOutcome[] = [];
  const open = new Set<string>();
  const works: Promise<unknown>[] = [];
  let granted = 0;
  const ports: DispatchPorts = {
    acquire: async ({ pool }) => {
      const endpoint = endpoints[Math.min(granted, endpoints.length - 1)] ?? '';
      granted += 1;
      open.add(`lease-${granted}`);
      const grant: SlotGrant = {
        leaseId: `lease-${granted}`,
        pool,
        replicaId: `r${granted}`,
        endpoint,
        warmth: 'hot',
      };
      return ok(grant);
    },
    release: (grant, outcome) => {
      if (!open.delete(grant.leaseId)) throw new Error(`${grant.leaseId} was given back twice`);
      released.push(outcome);
    },
    fetch: (url, init) => fetch(url, init),
    now: () => Date.now(),
    waitUntil: (work) => void works.push(work),
  };
  return {
    ports,
    released,
    granted: () => granted,
    settled: async () => {
      for (const work of works) await work;
      if (open.size > 0) throw new Error(`slots were not given back: ${[...open].join()}`);
    },
  };
}

export function makeRequest(more: Partial<DispatchRequest> = {}): DispatchRequest {
  return {
    attempts: [{ pool: 'm@1~local', version: 'm@1', body: '{"model":"m@1","messages":[],"stream":true}' }],
    tenant: 'demo',
    requestId: 'req-1',
    path: '/v1/chat/completions',
    stream: true,
    signal: new AbortController().signal,
    startedMs: Date.now(),
    ...more,
  };
}

/** Keeps the one summary of a request. */
export function keepSummary(): { onEnd: (summary: DispatchSummary) => void; summaries: DispatchSummary[] } {
  const summaries: DispatchSummary[] = [];
  return { onEnd: (summary) => void summaries.push(summary), summaries };
}
