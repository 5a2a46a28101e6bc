// The storms of the overload scenario: load of so many times the capacity, a storm with half of the slots gone and what comes after it, and
// one tenant's storm beside calm ones. Each says what was seen and returns its figures; what they must be is overload.ts's.
import { setTimeout as sleep } from 'node:timers/promises';
import { stages, steady, type Arrivals } from '../load/arrivals.ts';
import type { Ask } from '../load/ask.ts';
import { measureCapacity } from '../load/capacity.ts';
import { sayUse } from '../load/generator-use.ts';
import { beyondProbes, type LagProbe } from '../load/lag-probe.ts';
import { runOpenLoop, type LoadOutcome } from '../load/open-loop.ts';
import { collectRefusals, sayCodes } from '../load/refusals.ts';
import type { Answered } from '../load/send.ts';
import { goodput, percent, quantileOf, sayErrors, sayPunctuality, sayVerdicts } from '../load/tally.ts';
import type { PoolSpec } from '../models.ts';
import type { RigContext } from '../scenario.ts';
import { CpuMeter } from '../stack/cpu.ts';
import { keyOf, MAIN_TENANT } from '../stack/project.ts';
import type { RigStack } from '../stack/stack.ts';
import { quantile } from '../../../src/cli/checks.ts';
import { lengthsOf } from './storm-lengths.ts';

/** Five times an answer's own time. */
export const LIMIT_MS = 2_000;
/** Each client asks twice more, at once and without a pause. */
export const RETRIES = 2;
export const loud = 'loud';
export const calm = ['calma', 'calmb', 'calmc'] as const;
/** The first moments of a storm are not its plateau. */
const SETTLE_MS = 2_000;
/** Everybody has an answer by the end of a load; what it leaves behind in the gateway is over by then. */
const REST_MS = 500;
const NOISE_TIMES = 50;

export interface Storm {
  readonly times: number;
  readonly goodput: number;
  /**
   * Of each refusal of a try, those that a client answered with another try included: how long after the moment at which the try was meant to be
   * sent it came, less what the generator and the machine were late.
   */
  readonly rejectsMs: readonly number[];
  readonly acceptedP99: number;
  /** Calls of model servers, and those of them that no client got a good answer of. */
  readonly calls: number;
  readonly wasted: number;
  readonly n: number;
  readonly answers: readonly Answered[];
}

export interface StormOptions {
  readonly stack: RigStack;
  readonly context: RigContext;
  readonly pool: PoolSpec;
  /** What clients call it. */
  readonly model: string;
  readonly probe: LagProbe;
  readonly say: (line: string) => void;
}

export class Storms {
  readonly #options: StormOptions;
  /** Good answers a second that the pool can give; measured. */
  #capacity = 0;

  constructor(options: StormOptions) {
    this.#options = options;
  }

  get capacity(): number {
    return this.#capacity;
  }

  async learnCapacity(): Promise<number> {
    const { stack, context, pool } = this.#options;
    const slots = pool.replicas * pool.slots;
    const ask = (index: number): Ask => this.#ask('capacity', MAIN_TENANT, index);
    const durationMs = lengthsOf(context).capacityMs;
    this.#capacity = await measureCapacity({ port: stack.port, slots, durationMs, ask });
    return this.#capacity;
  }

  async plateau(times: number): Promise<Storm> {
    const { stack, context, probe, say } = this.#options;
    const { kneeMs, plateauMs } = lengthsOf(context);
    const durationMs = times < 1 ? kneeMs : plateauMs;
    const gateway = new CpuMeter(stack.workerPid);
    const refusals = collectRefusals();
    const endProbe = probe.start(context.seed + 7);
    const arrivals = steady(this.#capacity * times, durationMs);
    const before = await this.#modelCalls();
    const outcome = await this.#load(arrivals, { name: `x${times}`, onTry: refusals.hear });
    const core = gateway.share();
    const probes = await endProbe();
    const calls = (await this.#modelCalls()) - before;
    const { answers, startedMs, sent, use } = outcome;
    const window = { fromMs: startedMs + SETTLE_MS, toMs: startedMs + durationMs };
    const raw = quantile(
      refusals.tries.map(({ tookMs }) => tookMs),
      0.99,
    );
    const rejectsMs = beyondProbes(refusals.tries, probes);
    const own = quantile(rejectsMs, 0.99);
    const good = answers.filter(({ verdict }) => verdict === 'ok').length;
    const storm: Storm = {
      times,
      calls,
      wasted: Math.max(0, calls - good),
      goodput: goodput(answers, window),
      rejectsMs,
      acceptedP99: quantileOf(answers, ({ verdict, tookMs }) => (verdict === 'ok' ? tookMs : null), 0.99),
      n: answers.length,
      answers,
    };
    const probeP99 = quantileOf(probes as readonly Answered[], ({ tookMs }) => tookMs, 0.99);
    say(
      `${times}x: ${storm.goodput.toFixed(1)} good answers/s (${percent(storm.goodput / this.#capacity)} of capacity); ${answers.length} clients, ${sent} requests with their retries: ${sayVerdicts(answers)}; not ok: ${sayErrors(answers)}; ${(calls / Math.max(1, good)).toFixed(2)} calls of model servers a good answer; refusal p99 ${raw.toFixed(1)} ms from the intended moment, ${own.toFixed(1)} ms beyond a server that refuses at once (${probeP99.toFixed(1)} ms), ${sayCodes(refusals.tries)}; gateway ${percent(core)} of a core; ${sayUse(use)}; ${sayPunctuality(answers)}`,
    );
    await sleep(REST_MS);
    return storm;
  }

  /** A storm at ten times the capacity while half of the slots are gone; then 0.7 of it with all of them back. */
  async recover(): Promise<{ readonly seconds: number; readonly n: number; readonly kills: number }> {
    const { context, stack, say } = this.#options;
    const { stormMs, afterMs } = lengthsOf(context);
    const arrivals = stages([
      { rate: this.#capacity * 10, forMs: stormMs },
      { rate: this.#capacity * 0.7, forMs: afterMs },
    ]);
    const killedBefore = stack.nemesis.kills;
    const load = this.#load(arrivals, { name: 'storm' });
    let isStorm = true;
    const killing = this.#halve(() => isStorm);
    await sleep(stormMs);
    isStorm = false;
    await killing;
    const { answers, startedMs } = await load;
    const kills = stack.nemesis.kills - killedBefore;
    const endMs = startedMs + stormMs;
    const during = answers.filter(({ intendedMs }) => intendedMs < endMs);
    const after = answers.filter(({ intendedMs }) => intendedMs >= endMs);
    const bad = after.filter(({ verdict }) => verdict !== 'ok').map(({ intendedMs }) => intendedMs - endMs);
    const seconds = lastBadMs(after, endMs) / 1_000;
    const half = goodput(during, { fromMs: startedMs + SETTLE_MS, toMs: endMs });
    say(
      `storm of ${stormMs / 1_000} s at 10x with half of the slots gone (${kills} kills): ${half.toFixed(1)} good answers/s; after it ${after.length} requests at 0.7x, ${bad.length} of them not answered in time, the last ${(Math.max(0, ...bad) / 1_000).toFixed(1)} s after its end; ${sayErrors(after)}`,
    );
    return { seconds, n: after.length, kills };
  }

  async neighbour(): Promise<{
    readonly share: number;
    readonly firstText: number;
    readonly n: number;
  }> {
    const durationMs = lengthsOf(this.#options.context).calmMs;
    // Each below its share, a quarter of the capacity.
    const each = this.#capacity * 0.2;
    const calmLoads = (): Promise<readonly LoadOutcome[]> =>
      // The same requests at the same moments, with and without the noise.
      Promise.all(
        calm.map((tenant, at) =>
          this.#load(steady(each, durationMs), { name: 'calm', tenant, seedMore: 10 * (at + 1) }),
        ),
      );
    const solo = await calmLoads();
    const noise = steady((this.#capacity / 4) * NOISE_TIMES, durationMs);
    const noisy = this.#load(noise, { name: 'noise', tenant: loud, seedMore: 100 });
    const beside = await calmLoads();
    const loudAnswers = (await noisy).answers;
    const shares = calm.map((_, at) => countGood(beside[at]) / Math.max(1, countGood(solo[at])));
    const firstText = (loads: readonly LoadOutcome[]): number =>
      quantileOf(
        loads.flatMap(({ answers }) => answers),
        ({ verdict, firstTextMs }) => (verdict === 'ok' ? firstTextMs : null),
        0.99,
      );
    const n = beside.reduce((sum, { due }) => sum + due, 0);
    this.#options.say(
      `noisy neighbour at ${NOISE_TIMES} times its share: calm tenants keep ${shares.map(percent).join(', ')} of their goodput alone (${solo.map(countGood).join(', ')} good answers of ${solo.map(({ due }) => due).join(', ')}); beside it: ${sayErrors(beside.flatMap(({ answers }) => answers))}; the noisy one: ${sayVerdicts(loudAnswers)}; ${sayPunctuality(loudAnswers)}`,
    );
    return { share: Math.min(...shares), firstText: firstText(beside) / firstText(solo), n };
  }

  #ask(name: string, tenant: string, index: number): Ask {
    return {
      model: this.#options.model,
      key: keyOf(tenant),
      prompt: `${name} ${tenant} ${index}`,
      stream: index % 2 === 0,
      tokens: this.#options.pool.tokens,
      limitMs: LIMIT_MS,
      tellsLimit: true,
    };
  }

  #load(arrivals: Arrivals, options: LoadPart): Promise<LoadOutcome> {
    const { stack, context } = this.#options;
    const { name, tenant = MAIN_TENANT, seedMore = 0, onTry } = options;
    return runOpenLoop({
      port: stack.port,
      arrivals,
      seed: context.seed + seedMore,
      ask: (index) => this.#ask(name, tenant, index),
      retries: RETRIES,
      onProgress: (line) => context.progress(`${name}: ${line}`),
      ...(onTry === undefined ? {} : { onTry }),
    });
  }

  /** Requests that model servers have got; those of processes that were killed are not known any more. */
  async #modelCalls(): Promise<number> {
    const { stack, pool } = this.#options;
    return await stack.replicas.countRequests(pool.id);
  }

  async #halve(isOn: () => boolean): Promise<void> {
    const { stack, pool } = this.#options;
    while (isOn()) {
      const ready = await stack.replicas.list(pool.id);
      for (const { pid } of ready.slice(pool.replicas / 2)) stack.nemesis.kill(pid);
      await sleep(200);
    }
  }
}

interface LoadPart {
  readonly name: string;
  readonly tenant?: string;
  readonly seedMore?: number;
  readonly onTry?: (tried: Answered) => void;
}

/** When the last request came, after `endMs`, from which on more than one in a thousand was not answered in time; 0 = all was well. */
export function lastBadMs(after: readonly Pick<Answered, 'verdict' | 'intendedMs'>[], endMs: number): number {
  const sorted = after.toSorted((a, b) => b.intendedMs - a.intendedMs);
  let [seen, bad, atMs] = [0, 0, 0];
  for (const { verdict, intendedMs } of sorted) {
    seen += 1;
    if (verdict !== 'ok') bad += 1;
    if (verdict !== 'ok' && bad > seen / 1_000) atMs = Math.max(atMs, intendedMs - endMs);
  }
  return atMs;
}

function countGood(outcome: LoadOutcome | undefined): number {
  return outcome?.answers.filter(({ verdict }) => verdict === 'ok').length ?? 0;
}
