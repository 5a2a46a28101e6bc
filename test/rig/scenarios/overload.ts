// Far more than the pools can do, from clients that ask again when they are refused: what is answered must stay at capacity, refusals must be
// quick, and when the storm is over all must be well by itself. And one tenant's storm must not be the others'.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Check } from '../../../src/cli/checks.ts';
import { stages, steady } from '../load/arrivals.ts';
import type { Ask } from '../load/ask.ts';
import { runOpenLoop, type LoadOutcome } from '../load/open-loop.ts';
import type { Answered } from '../load/send.ts';
import { goodput, percent, quantileOf, sayErrors, sayPunctuality, sayVerdicts } from '../load/tally.ts';
import { capacityOf, serviceMs, usual, type PoolSpec } from '../models.ts';
import { plain } from '../rules.ts';
import { atLeast, atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { CpuMeter } from '../stack/cpu.ts';
import { keyOf, type RigTenant } from '../stack/project.ts';
import type { RigStack } from '../stack/stack.ts';

const MODEL = 'crowded';
const POOL = 'crowded@1';
/** Five times an answer's own time. */
const LIMIT_MS = 2_000;
/** Each client asks twice more, at once and without a pause. */
const RETRIES = 2;
const GOODPUT_MIN = 0.9;
const REJECT_MS_MAX = 20;
const FLAT_MIN = 0.9;
const CALM_MIN = 0.95;
/** The first moments of a storm are not its plateau. */
const SETTLE_MS = 2_000;

const loud = 'loud';
const calm = ['calma', 'calmb', 'calmc'] as const;

/** Small, so that twenty times as much is still far from what the gateway itself can do on one core. */
const pool: PoolSpec = { ...usual, id: POOL, replicas: 4, slots: 3, queueMax: 64 };

export const overload: Scenario = {
  name: 'overload',
  about: `offered load of 2, 5, 10 and 20 times the capacity, clients that retry ${RETRIES} times at once, limit ${LIMIT_MS / 1000} s`,
  plants: {
    /** One long queue for all, in order of arrival, whatever time is left. */
    'long-queue': {
      without: ['overload'],
      breaks: ['overload.goodput@10x', 'overload.goodput@20x', 'overload.rejectMsP99'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const tenants: readonly RigTenant[] = [loud, ...calm].map((id) => ({ id, rules: [plain(MODEL, POOL)] }));
  const queueMax = context.has('overload') ? (pool.queueMax ?? 64) : 10_000;
  const stack = await context.open({ pools: [{ ...pool, queueMax }], rules: [plain(MODEL, POOL)], tenants });
  const rate = capacityOf([pool]);
  const rig = new Storms(stack, context, rate);
  const facts: string[] = [
    `capacity ${rate.toFixed(1)} requests a second: ${pool.replicas} processes of ${pool.slots} slots, ${serviceMs(pool)} ms an answer`,
  ];
  const say = (line: string): void => {
    context.say(line);
    facts.push(line);
  };
  const knee = await rig.plateau(0.9, say);
  const storms: Storm[] = [];
  for (const times of context.isQuick ? [2, 10] : [2, 5, 10, 20]) storms.push(await rig.plateau(times, say));
  const recovery = await rig.recover(say);
  const neighbour = await rig.neighbour(say);
  const shares = storms.map((storm) => storm.goodput / rate);
  const rejectMs = Math.max(...storms.map((storm) => storm.rejectP99));
  const rejects = storms.reduce((sum, storm) => sum + storm.rejects, 0);
  const accepted = Math.max(...storms.map((storm) => storm.acceptedP99));
  const checks: readonly Check[] = [
    ...storms.map((storm, at) =>
      atLeast(`overload.goodput@${storm.times}x`, shares[at] ?? 0, GOODPUT_MIN, {
        n: storm.n,
        note: 'complete correct answers in time a second, as a share of the capacity',
      }),
    ),
    atLeast('overload.flat', Math.min(...shares) / Math.max(...shares), FLAT_MIN, {
      n: storms.length,
      note: 'smallest goodput as a share of the largest',
    }),
    atMost('overload.rejectMsP99', rejectMs, REJECT_MS_MAX, {
      n: rejects,
      note: 'from sending to the refusal, the worst of the storms',
    }),
    atMost('overload.acceptedRatio', accepted / knee.acceptedP99, 2, {
      n: storms.length,
      note: 'p99 of answers in a storm as a multiple of p99 at 0.9 of capacity, the worst',
    }),
    atMost('overload.recoverySeconds', recovery.seconds, 10, {
      n: recovery.n,
      note: 'from the end of the storm until 99.9 % of requests are answered in time, for good',
    }),
    atLeast('overload.neighbour', neighbour.share, CALM_MIN, {
      n: neighbour.n,
      note: 'goodput of three calm tenants beside one at 50 times its share, as a share of the same without it; the worst tenant',
    }),
  ];
  return { facts, checks };
}

interface Storm {
  readonly times: number;
  readonly goodput: number;
  readonly rejectP99: number;
  readonly rejects: number;
  readonly acceptedP99: number;
  readonly n: number;
}

type Say = (line: string) => void;

class Storms {
  readonly #stack: RigStack;
  readonly #context: RigContext;
  readonly #rate: number;

  constructor(stack: RigStack, context: RigContext, rate: number) {
    this.#stack = stack;
    this.#context = context;
    this.#rate = rate;
  }

  async plateau(times: number, say: Say): Promise<Storm> {
    const durationMs = this.#context.isQuick ? 6_000 : 120_000;
    const gateway = new CpuMeter(this.#stack.workerPid);
    const outcome = await this.#load(steady(this.#rate * times, durationMs), `x${times}`, 'demo');
    const core = gateway.share();
    const { answers, startedMs, sent } = outcome;
    const window = { fromMs: startedMs + SETTLE_MS, toMs: startedMs + durationMs };
    const rejected = answers.filter(({ verdict }) => verdict === 'refused');
    const storm: Storm = {
      times,
      goodput: goodput(answers, window),
      rejectP99: quantileOf(rejected, ({ tryMs }) => tryMs, 0.99),
      rejects: rejected.length,
      acceptedP99: quantileOf(answers, ({ verdict, tookMs }) => (verdict === 'ok' ? tookMs : null), 0.99),
      n: answers.length,
    };
    say(
      `${times}x: ${storm.goodput.toFixed(1)} good answers/s (${percent(storm.goodput / this.#rate)} of capacity), ${sayVerdicts(answers)}; ${sent} sent; refusal p99 ${storm.rejectP99.toFixed(1)} ms; gateway ${percent(core)} of a core; ${sayErrors(answers)}; ${sayPunctuality(answers)}`,
    );
    await sleep(LIMIT_MS);
    return storm;
  }

  /** A storm at ten times the capacity while half of the slots are gone; then 0.7 of it with all of them back. */
  async recover(say: Say): Promise<{ readonly seconds: number; readonly n: number }> {
    const stormMs = this.#context.isQuick ? 6_000 : 60_000;
    const afterMs = this.#context.isQuick ? 10_000 : 30_000;
    const arrivals = stages([
      { rate: this.#rate * 10, forMs: stormMs },
      { rate: this.#rate * 0.7, forMs: afterMs },
    ]);
    const load = this.#load(arrivals, 'storm', 'demo');
    let isStorm = true;
    const killing = this.#halve(() => isStorm);
    await sleep(stormMs);
    isStorm = false;
    await killing;
    const { answers, startedMs } = await load;
    const endMs = startedMs + stormMs;
    const after = answers.filter(({ intendedMs }) => intendedMs >= endMs);
    const bad = after.filter(({ verdict }) => verdict !== 'ok').map(({ intendedMs }) => intendedMs - endMs);
    const seconds = bad.length === 0 ? 0 : lastBad(after, endMs) / 1_000;
    say(
      `recovery: ${after.length} requests after the storm, ${bad.length} of them not answered in time, the last ${(Math.max(0, ...bad) / 1_000).toFixed(1)} s after its end; ${sayErrors(after)}`,
    );
    return { seconds, n: after.length };
  }

  async neighbour(say: Say): Promise<{ readonly share: number; readonly n: number }> {
    const durationMs = this.#context.isQuick ? 6_000 : 60_000;
    // Together they would be at 0.75 of the capacity were each to keep to its share, a quarter of it.
    const each = this.#rate * 0.2;
    const calmLoads = (name: string): Promise<readonly LoadOutcome[]> =>
      Promise.all(calm.map((tenant) => this.#load(steady(each, durationMs), name, tenant)));
    const solo = await calmLoads('solo');
    const noisy = this.#load(steady((this.#rate / 4) * 50, durationMs), 'noise', loud);
    const beside = await calmLoads('beside');
    const noise = await noisy;
    const shares = calm.map((_, at) => good(beside[at]) / good(solo[at]));
    say(
      `noisy neighbour at 50 times its share: calm tenants keep ${shares.map(percent).join(', ')} of their goodput; the noisy one: ${sayVerdicts(noise.answers)}; ${sayPunctuality(noise.answers)}`,
    );
    const n = beside.reduce((sum, { answers }) => sum + answers.length, 0);
    return { share: Math.min(...shares), n };
  }

  #load(
    arrivals: Parameters<typeof runOpenLoop>[0]['arrivals'],
    name: string,
    tenant: string,
  ): Promise<LoadOutcome> {
    const ask = (index: number): Ask => ({
      model: MODEL,
      key: keyOf(tenant),
      prompt: `${name} ${tenant} ${index}`,
      stream: index % 2 === 0,
      tokens: usual.tokens,
      limitMs: LIMIT_MS,
    });
    const { seed } = this.#context;
    return runOpenLoop({
      port: this.#stack.port,
      arrivals,
      seed: seed + tenant.length,
      ask,
      retries: RETRIES,
    });
  }

  async #halve(isOn: () => boolean): Promise<void> {
    while (isOn()) {
      const ready = await this.#stack.replicas.list(POOL);
      for (const { pid } of ready.slice(pool.replicas / 2)) this.#stack.nemesis.kill(pid);
      await sleep(200);
    }
  }
}

/** The last second in which more than one in a thousand of those that follow it is not answered. */
function lastBad(after: readonly Answered[], endMs: number): number {
  const sorted = after.toSorted((a, b) => b.intendedMs - a.intendedMs);
  let [seen, bad, atMs] = [0, 0, 0];
  for (const { verdict, intendedMs } of sorted) {
    seen += 1;
    if (verdict !== 'ok') bad += 1;
    if (verdict !== 'ok' && bad > seen / 1_000) atMs = Math.max(atMs, intendedMs - endMs);
  }
  return atMs;
}

function good(outcome: LoadOutcome | undefined): number {
  return outcome?.answers.filter(({ verdict }) => verdict === 'ok').length ?? 0;
}
