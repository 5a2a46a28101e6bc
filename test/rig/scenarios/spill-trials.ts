// The trials of spilling over: the substitute alone, a dedicated pool that is cold until it has been hot for a while, and the same where a
// rule forbids substitutes. Requests come open loop, from a seed.
import { setTimeout as sleep } from 'node:timers/promises';
import { steady } from '../load/arrivals.ts';
import type { Ask } from '../load/ask.ts';
import { runOpenLoop } from '../load/open-loop.ts';
import type { Answered } from '../load/send.ts';
import type { RigContext } from '../scenario.ts';
import type { RigStack } from '../stack/stack.ts';

export const OWN = 'own@1';
export const STRICT = 'strict@1';
export const SUBSTITUTE = 'substitute@1';
export const LOAD_MS = 3_000;
/** Of the dedicated pool; it has to be used again by then. */
export const BACK_MS_MAX = 500;
const LIMIT_MS = 20_000;
const PER_SECOND = 15;
const STRICT_PER_SECOND = 4;
/** How long the dedicated pool is watched once it is hot. */
const HOT_MS = 2_000;
/** Far longer than a pool needs to load. */
const TRIAL_MS_MAX = 5 * LOAD_MS;

export const shape = { slots: 16, firstTokenMs: 150, tokenMs: 3, tokens: 20 };

export interface Cold {
  /** Of requests that came while it was not hot, and all that the substitute answered. */
  readonly during: readonly Answered[];
  /** From being hot until it answers a request that came after that. */
  readonly backMs: number;
  /** Requests that came when it had been hot for long enough, and those of them that another answered. */
  readonly hot: number;
  readonly notBack: number;
}

export class SpillTrials {
  readonly #stack: RigStack;
  readonly #context: RigContext;
  #trial = 0;

  constructor(stack: RigStack, context: RigContext) {
    this.#stack = stack;
    this.#context = context;
  }

  async alone(durationMs: number): Promise<readonly Answered[]> {
    return await this.#load('substitute', { perSecond: PER_SECOND, durationMs });
  }

  /** Asks from cold until the dedicated pool has been hot for a while. */
  async cold(): Promise<Cold> {
    await this.#untilCold(OWN);
    const ender = new AbortController();
    const load = this.#load('dedicated', {
      perSecond: PER_SECOND,
      durationMs: TRIAL_MS_MAX,
      until: ender.signal,
    });
    const hotMs = await this.#untilHot(OWN);
    if (hotMs !== Infinity) await sleep(HOT_MS);
    ender.abort();
    const answers = await load;
    const byOwn = answers.filter(({ labels }) => labels['x-pilotlight-model'] === OWN);
    const since = byOwn.map(({ intendedMs }) => intendedMs - hotMs).filter((ms) => ms >= 0);
    const settled = answers.filter(({ intendedMs }) => intendedMs >= hotMs + BACK_MS_MAX);
    return {
      during: answers.filter(({ intendedMs, labels }) => intendedMs < hotMs || isSubstituted(labels)),
      backMs: Math.min(Infinity, ...since),
      hot: settled.length,
      notBack: settled.filter(({ labels }) => labels['x-pilotlight-model'] !== OWN).length,
    };
  }

  async strict(): Promise<readonly Answered[]> {
    await this.#untilCold(STRICT);
    return await this.#load('strict', { perSecond: STRICT_PER_SECOND, durationMs: LOAD_MS });
  }

  async #untilCold(version: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 100) {
      const view = (await this.#stack.pools()).find((pool) => pool.version === version);
      if ((view?.replicas.length ?? 0) === 0) return;
      await sleep(100);
    }
    throw new Error(`${version} does not become cold`);
  }

  /** When it was seen hot; Infinity when it never is. */
  async #untilHot(version: string): Promise<number> {
    const startedMs = performance.now();
    while (performance.now() - startedMs < TRIAL_MS_MAX) {
      const view = (await this.#stack.pools()).find((pool) => pool.version === version);
      if ((view?.counts.hot ?? 0) > 0) return performance.now();
      await sleep(25);
    }
    return Infinity;
  }

  async #load(
    model: string,
    options: { readonly perSecond: number; readonly durationMs: number; readonly until?: AbortSignal },
  ): Promise<readonly Answered[]> {
    const { perSecond, durationMs, until } = options;
    this.#trial += 1;
    const trial = this.#trial;
    const ask = (index: number): Ask => ({
      model,
      key: this.#stack.key,
      prompt: `spill ${model} ${trial} ${index}`,
      stream: true,
      tokens: shape.tokens,
      limitMs: LIMIT_MS,
    });
    const { answers } = await runOpenLoop({
      port: this.#stack.port,
      arrivals: steady(perSecond, durationMs),
      seed: this.#context.seed + trial,
      ask,
      ...(until === undefined ? {} : { until }),
    });
    return answers;
  }
}

export function isSubstituted(labels: Answered['labels']): boolean {
  return labels['x-pilotlight-model'] === SUBSTITUTE;
}
