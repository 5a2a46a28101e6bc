// A dedicated pool that is cold, with a warm substitute that its rule allows: the first text must come as soon as from the substitute itself,
// labelled, and the dedicated pool must be used again at once when it is hot. Where the rule forbids it nothing may be answered by another.
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../../src/cli/checks.ts';
import type { Ask } from '../load/ask.ts';
import { newAgent } from '../load/open-loop.ts';
import { send, type Answered, type Target } from '../load/send.ts';
import { boundOf, sayErrors } from '../load/tally.ts';
import type { PoolSpec } from '../models.ts';
import { plain, spill as spillRule } from '../rules.ts';
import { atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import type { RigStack } from '../stack/stack.ts';

const OWN = 'own@1';
const STRICT = 'strict@1';
const SUBSTITUTE = 'substitute@1';
const LOAD_MS = 3_000;
const AFTER_WAIT_MS = 2_000;
const RATIO_MAX = 1.3;
const BACK_MS_MAX = 500;
const LIMIT_MS = 20_000;

const shape = { slots: 16, firstTokenMs: 150, tokenMs: 3, tokens: 20 };
/** Cold some seconds after its last request, so that every trial begins cold, but not before anybody can have seen it hot. */
const sleepy = { hotIdleMs: 4_000, parkedIdleMs: 0 };
const pools: readonly PoolSpec[] = [
  { ...shape, id: OWN, replicas: 0, loadMs: LOAD_MS, more: { ...sleepy, replicasMax: 1 } },
  { ...shape, id: STRICT, replicas: 0, loadMs: LOAD_MS, more: { ...sleepy, replicasMax: 1 } },
  { ...shape, id: SUBSTITUTE, replicas: 2 },
];

export const spill: Scenario = {
  name: 'spill',
  about: `a dedicated pool that takes ${LOAD_MS / 1000} s to load, a warm substitute after ${AFTER_WAIT_MS / 1000} s of predicted wait`,
  plants: {
    'no-spill': { without: ['spill'], breaks: ['spill.firstTextRatio'] },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const otherwise = context.has('spill') ? SUBSTITUTE : null;
  const rules = [
    spillRule({ model: 'dedicated', to: OWN, otherwise, afterWaitMs: AFTER_WAIT_MS }),
    spillRule({ model: 'strict', to: STRICT, otherwise: null, afterWaitMs: AFTER_WAIT_MS }),
    plain('substitute', SUBSTITUTE),
  ];
  const stack = await context.open({ pools, rules });
  const trials = new Trials(stack);
  const alone = await trials.alone(context.isQuick ? 60 : 300);
  const cold: Cold[] = [];
  for (let trial = 0; trial < (context.isQuick ? 3 : 30); trial += 1) cold.push(await trials.cold());
  const strict: Answered[] = [];
  for (let trial = 0; trial < (context.isQuick ? 2 : 10); trial += 1) strict.push(...(await trials.strict()));
  const during = cold.flatMap((each) => each.during);
  const own = quantile(
    alone.flatMap(({ firstTextMs }) => firstTextMs ?? []),
    0.95,
  );
  const got = quantile(
    during.map(({ verdict, firstTextMs }) => (verdict === 'ok' ? (firstTextMs ?? Infinity) : Infinity)),
    0.95,
  );
  const spilt = during.filter(({ labels }) => labels['x-pilotlight-model'] === SUBSTITUTE);
  const unlabelled = spilt.filter((answered) => !isLabelled(answered)).length;
  const strictSpilt = strict.filter(({ labels }) => labels['x-pilotlight-model'] === SUBSTITUTE).length;
  const all = [...during, ...strict];
  const bad = all.filter(({ verdict }) => verdict !== 'ok').length;
  const backMs = cold.map((each) => each.backMs);
  const facts = [
    `first text p95: substitute alone ${own.toFixed(0)} ms, requests for the cold pool ${got.toFixed(0)} ms; ${spilt.length} of ${during.length} answered by the substitute`,
    `labels seen: ${JSON.stringify(spilt[0]?.labels ?? {})}`,
    `not ok: ${sayErrors(all)}`,
  ];
  for (const fact of facts) context.say(fact);
  return {
    facts,
    checks: [
      atMost('spill.firstTextRatio', got / own, RATIO_MAX, {
        n: during.length,
        note: 'p95 of the first text while the dedicated pool is cold, as a multiple of the substitute alone',
      }),
      atMost('spill.backMs', Math.max(...backMs), BACK_MS_MAX, {
        n: cold.length,
        note: 'from the dedicated pool being hot until it answers new requests, the slowest',
      }),
      atMost('spill.unlabelled', unlabelled, 0, {
        n: spilt.length,
        note: `answers of the substitute that do not say so; ${boundOf(unlabelled, spilt.length)}`,
      }),
      atMost('spill.forbidden', strictSpilt, 0, {
        n: strict.length,
        note: `answers of a substitute where the rule forbids it; ${boundOf(strictSpilt, strict.length)}`,
      }),
      atMost('spill.bad', bad, 0, {
        n: all.length,
        note: `requests without a complete correct answer; ${boundOf(bad, all.length)}`,
      }),
    ],
  };
}

function isLabelled({ labels, reading }: Answered): boolean {
  const said = [...Object.entries(labels).flat(), ...(reading?.comments ?? []), ...(reading?.events ?? [])];
  return said.some((word) => /substitut|spill/u.test(word.replaceAll(SUBSTITUTE, '')));
}

interface Cold {
  readonly during: readonly Answered[];
  readonly backMs: number;
}

class Trials {
  readonly #stack: RigStack;
  readonly #target: Target;
  #index = 0;

  constructor(stack: RigStack) {
    this.#stack = stack;
    this.#target = { port: stack.port, agent: newAgent() };
  }

  async alone(requests: number): Promise<readonly Answered[]> {
    const answers: Answered[] = [];
    for (let sent = 0; sent < requests; sent += 3)
      answers.push(...(await Promise.all([1, 2, 3].map(() => this.#ask('substitute')))));
    return answers;
  }

  /** Asks from cold until the dedicated pool answers. */
  async cold(): Promise<Cold> {
    await this.#untilCold(OWN);
    const during: Answered[] = [];
    const open: Promise<Answered>[] = [];
    let hotMs = Infinity;
    const back = { ms: Infinity };
    const startedMs = performance.now();
    while (back.ms === Infinity && performance.now() - startedMs < 4 * LOAD_MS) {
      const isHot = (await this.#hotReplicas(OWN)) > 0;
      if (isHot) hotMs = Math.min(hotMs, performance.now());
      const asked = this.#ask('dedicated').then((answered) => {
        if (answered.labels['x-pilotlight-model'] === OWN)
          back.ms = Math.min(back.ms, Math.max(0, answered.intendedMs - hotMs));
        else during.push(answered);
        return answered;
      });
      open.push(asked);
      await sleep(60);
    }
    await Promise.all(open);
    return { during, backMs: back.ms };
  }

  async strict(): Promise<readonly Answered[]> {
    await this.#untilCold(STRICT);
    return await Promise.all([1, 2, 3].map(() => this.#ask('strict')));
  }

  async #untilCold(version: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 100) {
      const view = (await this.#stack.pools()).find((pool) => pool.version === version);
      if ((view?.replicas.length ?? 0) === 0) return;
      await sleep(100);
    }
    throw new Error(`${version} does not become cold`);
  }

  async #hotReplicas(version: string): Promise<number> {
    const view = (await this.#stack.pools()).find((pool) => pool.version === version);
    return view?.counts.hot ?? 0;
  }

  #ask(model: string): Promise<Answered> {
    this.#index += 1;
    const prompt = `spill ${this.#index}`;
    const ask: Ask = {
      model,
      key: this.#stack.key,
      prompt,
      stream: true,
      tokens: shape.tokens,
      limitMs: LIMIT_MS,
    };
    return send(this.#target, ask).answered;
  }
}
