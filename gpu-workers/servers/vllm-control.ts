// What vLLM's sleep mode and metrics answer over HTTP, in the stand-in for it. Owns the paths, the order of what happens, and the faults
// that it is told to have; requests of clients are vllm-front.ts.
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pace } from '../../src/core/registry/model.ts';
import type { PacedEngine } from './paced-engine.ts';
import { invalidValue } from './refusal.ts';
import type { Reply } from './reply.ts';
import { readJsonBody } from './request-body.ts';
import { parseVllmFaults, type VllmFaults } from './vllm-faults.ts';
import type { VllmFlags } from './vllm-flags.ts';
import { VllmMemory, type MemoryTag } from './vllm-memory.ts';
import { renderVllmMetrics } from './vllm-metrics-text.ts';
import type { VllmQueue } from './vllm-queue.ts';

export interface VllmControlParts {
  readonly flags: VllmFlags;
  readonly pace: Pace;
  readonly engine: PacedEngine;
  readonly queue: VllmQueue;
  /** Whether VLLM_SERVER_DEV_MODE is on: the calls of the sleep mode are there. */
  readonly isDevMode: boolean;
  readonly faults: VllmFaults;
}

const lateMs = 300;
/** A request fills so much of the cache here. */
const cacheSharePerRequest = 0.125;

export class VllmControl {
  readonly memory = new VllmMemory();
  readonly #parts: VllmControlParts;
  #faults: VllmFaults;
  #frozen: string | null = null;
  #looks = 0;

  constructor(parts: VllmControlParts) {
    this.#parts = parts;
    this.#faults = parts.faults;
  }

  /** False: no path of its own. */
  async answer(request: IncomingMessage, reply: Reply): Promise<boolean> {
    const url = new URL(request.url ?? '/', 'http://vllm');
    const call = `${request.method} ${url.pathname}`;
    const { isDevMode, engine } = this.#parts;
    if (call === 'GET /metrics') return this.#metrics(reply);
    if (call === 'POST /control/vllm') return this.#setFaults(request, reply);
    if (url.pathname.startsWith('/control/')) return engine.control(request, reply);
    if (!isDevMode) return false;
    switch (call) {
      case 'POST /sleep':
        return this.#sleep(reply, url.searchParams);
      case 'POST /wake_up':
        return this.#wake(reply, url.searchParams.getAll('tags'));
      case 'POST /collective_rpc':
        return this.#rpc(reply, (await readJsonBody(request))['method']);
      case 'GET /is_sleeping':
        if (this.#faults.isSleeping === 'garbage') reply.response.writeHead(200).end('<html>');
        else reply.json(200, { is_sleeping: this.memory.isSleeping });
        return true;
      default:
        return false;
    }
  }

  async #setFaults(request: IncomingMessage, reply: Reply): Promise<boolean> {
    const faults = parseVllmFaults(await readJsonBody(request));
    if (!faults.ok) throw invalidValue(faults.error);
    this.#faults = faults.value;
    if (faults.value.metrics !== 'frozen') this.#frozen = null;
    reply.json(200, { ok: true });
    return true;
  }

  /** As vLLM does it: nothing new is begun, what runs is cut or awaited, then the memory goes. */
  async #sleep(reply: Reply, query: URLSearchParams): Promise<boolean> {
    const level = query.get('level') ?? '1';
    const mode = query.get('mode') ?? 'abort';
    if (!/^[12]$/.test(level) || (mode !== 'abort' && mode !== 'wait')) return fail(reply);
    const { sleep: fault } = this.#faults;
    if (fault === 'hang') return true;
    if (fault === 'fail') return fail(reply);
    const { queue, flags } = this.#parts;
    const act = async (): Promise<void> => {
      await queue.pause(mode);
      // Without the flag there is nothing that could be given back.
      if (flags.hasSleepMode) this.memory.sleep(level === '1' ? 1 : 2);
    };
    if (fault === 'late') setTimeout(() => void act(), lateMs);
    else if (fault !== 'never') await act();
    return succeed(reply);
  }

  async #wake(reply: Reply, tags: readonly string[]): Promise<boolean> {
    if (this.#faults.wake === 'hang') return true;
    if (this.#faults.wake === 'fail') return fail(reply);
    const all: readonly MemoryTag[] = ['weights', 'kv_cache'];
    if (this.memory.state === 'weights_offloaded' && this.memory.isSleeping) await this.#parts.engine.load();
    this.memory.wake(tags.length === 0 ? all : all.filter((tag) => tags.includes(tag)));
    if (!this.memory.isSleeping) this.#parts.queue.resume();
    return succeed(reply);
  }

  async #rpc(reply: Reply, method: unknown): Promise<boolean> {
    if (method !== 'reload_weights' || this.#faults.reload === 'fail') return fail(reply);
    await sleep(this.#parts.pace.loadMs);
    if (!this.memory.reload()) return fail(reply);
    reply.json(200, { results: [null] });
    return true;
  }

  #metrics(reply: Reply): boolean {
    if (this.#faults.metrics === 'absent') return false;
    const text = this.#faults.metrics === 'garbage' ? '<html>not metrics\n{}\n' : this.#metricsText();
    reply.response.writeHead(200, { 'content-type': 'text/plain; version=1.0.0; charset=utf-8' }).end(text);
    return true;
  }

  #metricsText(): string {
    const { queue, engine, flags } = this.#parts;
    this.#looks += this.#faults.metrics === 'busy' ? 1 : 0;
    const text = renderVllmMetrics({
      model: flags.names[0] ?? flags.model,
      running: this.#faults.metrics === 'busy' ? 1 : queue.running,
      waiting: queue.waiting,
      cacheShare: Math.min(1, queue.running * cacheSharePerRequest),
      generationTokens: engine.counters.tokensSent + this.#looks,
      requests: engine.counters.requests - queue.running,
      sleepState: this.memory.state,
    });
    if (this.#faults.metrics !== 'frozen') return text;
    this.#frozen ??= text;
    return this.#frozen;
  }
}

function succeed(reply: Reply): true {
  reply.response.writeHead(200).end();
  return true;
}

/** What an exception in it looks like from outside. */
function fail(reply: Reply): true {
  reply.response.writeHead(500, { 'content-type': 'text/plain' }).end('Internal Server Error');
  return true;
}
