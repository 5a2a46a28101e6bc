// How the agent talks to vLLM: parked is its sleep mode. The calls exist where VLLM_SERVER_DEV_MODE=1 and --enable-sleep-mode are set
// (https://docs.vllm.ai/en/latest/features/sleep_mode/). Running requests are protected twice: while the metrics count some it is not put
// to sleep, and `mode=wait` lets one that came in between end first.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ServerLoad } from '../../../src/backends/backend.ts';
import type { Health } from '../health.ts';
import {
  askReady,
  askServer,
  lookTimeoutMs,
  parkTimeoutMs,
  tryJson,
  type Parked,
  type ServerAddress,
  type ServerTalk,
} from './server-talk.ts';
import { parseVllmMetrics, type VllmMetrics } from './vllm-metrics.ts';

export interface VllmTalkOptions {
  readonly address: ServerAddress;
  readonly sleepLevel: 1 | 2;
  /** Figures that stay the same for this long are those of the last step there was: nothing runs. */
  readonly staleAfterMs?: number;
  /** A server that has not gone to sleep by then is broken. */
  readonly parkWithinMs?: number;
}

/** Histograms make it long; what lies behind this is not read. */
const metricsCharsMax = 2_000_000;
/** Between two looks whether it sleeps by now: some versions answer before they do. */
const sleepPollMs = 50;
const staleAfterMsUsual = 1_500;

const sleepingReply = z.object({ is_sleeping: z.boolean() });

export class VllmTalk implements ServerTalk {
  readonly #address: ServerAddress;
  readonly #sleepLevel: 1 | 2;
  readonly #staleAfterMs: number;
  readonly #parkWithinMs: number;
  #hasSleepMode = false;

  constructor(options: VllmTalkOptions) {
    const { address, sleepLevel, staleAfterMs = staleAfterMsUsual, parkWithinMs = parkTimeoutMs } = options;
    this.#address = address;
    this.#parkWithinMs = parkWithinMs;
    this.#sleepLevel = sleepLevel;
    this.#staleAfterMs = staleAfterMs;
  }

  /** It answers its health while it sleeps, so that this alone does not tell that it may be asked. */
  async look(): Promise<Health | null> {
    const reply = await askReady(this.#address);
    if (reply === null) return null;
    if (reply.status !== 200) return { state: null, ready: false, parking: false, loadMs: null };
    const sleeping = await this.#isSleeping();
    if (sleeping === null) return null;
    this.#hasSleepMode = sleeping !== 'unsupported';
    const parking = this.#hasSleepMode;
    if (sleeping === true) return { state: 'parked', ready: false, parking, loadMs: null };
    return { state: 'ready', ready: true, parking, loadMs: null };
  }

  async park(): Promise<Parked> {
    if (!this.#hasSleepMode) return 'unsupported';
    if (await this.#isBusy()) return 'busy';
    const untilMs = performance.now() + this.#parkWithinMs;
    const reply = await this.#post(`/sleep?level=${this.#sleepLevel}&mode=wait`, this.#parkWithinMs);
    if (reply === 404 || reply === 405) return 'unsupported';
    if (reply !== 200) return 'broken';
    return (await this.#until(true, untilMs)) ? 'parked' : 'broken';
  }

  /**
   * From level 2 the weights' memory comes first, then the weights, then the cache: woken in one call it would answer from memory that
   * nobody has filled. A step that was done before is no error, so that a wake that broke off can be begun again.
   */
  async wake(withinMs: number): Promise<boolean> {
    const untilMs = performance.now() + withinMs;
    const steps: readonly (readonly [path: string, body?: object])[] =
      this.#sleepLevel === 1
        ? [['/wake_up']]
        : [
            ['/wake_up?tags=weights'],
            ['/collective_rpc', { method: 'reload_weights' }],
            ['/wake_up?tags=kv_cache'],
          ];
    for (const [path, body] of steps) {
      const leftMs = untilMs - performance.now();
      if (leftMs < 1 || (await this.#post(path, leftMs, body)) !== 200) return false;
    }
    return this.#until(false, untilMs);
  }

  /** It has nothing of the kind: whoever leases its slots sends nothing more. */
  async drain(): Promise<void> {
    // Nothing to say.
  }

  async load(): Promise<ServerLoad | null> {
    const metrics = await this.#metrics();
    if (metrics === null) return null;
    const { running, waiting, cacheShare } = metrics;
    return { running, waiting, cacheShare };
  }

  /**
   * The gauges are written by steps of the engine: when every client leaves at once they keep what they said last
   * (https://github.com/vllm-project/vllm/issues/22545). Figures that nobody can read say nothing either; `mode=wait` holds in both cases.
   */
  async #isBusy(): Promise<boolean> {
    const first = await this.#metrics();
    if (first === null || first.running + first.waiting === 0) return false;
    await sleep(this.#staleAfterMs);
    const second = await this.#metrics();
    return second !== null && second.running + second.waiting > 0 && second.done !== first.done;
  }

  async #metrics(): Promise<VllmMetrics | null> {
    const call = { timeoutMs: lookTimeoutMs, textCharsMax: metricsCharsMax };
    const reply = await askServer(this.#address, 'GET', '/metrics', call);
    return reply?.status === 200 ? parseVllmMetrics(reply.text) : null;
  }

  /** Null where it does not say. */
  async #isSleeping(): Promise<boolean | 'unsupported' | null> {
    const reply = await askServer(this.#address, 'GET', '/is_sleeping', { timeoutMs: lookTimeoutMs });
    if (reply?.status === 404 || reply?.status === 405) return 'unsupported';
    const parsed = sleepingReply.safeParse(tryJson(reply?.text ?? ''));
    return reply?.status === 200 && parsed.success ? parsed.data.is_sleeping : null;
  }

  async #until(sleeping: boolean, untilMs: number): Promise<boolean> {
    while ((await this.#isSleeping()) !== sleeping) {
      if (performance.now() + sleepPollMs > untilMs) return false;
      await sleep(sleepPollMs);
    }
    return true;
  }

  async #post(path: string, timeoutMs: number, body?: object): Promise<number | null> {
    const reply = await askServer(this.#address, 'POST', path, { timeoutMs: Math.ceil(timeoutMs), body });
    return reply?.status ?? null;
  }
}
