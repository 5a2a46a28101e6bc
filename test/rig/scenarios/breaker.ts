// A target that fails for everybody: how soon it is left alone, how it is asked whether it is well, and how soon it is used again. What it
// was asked is counted at the target itself, not at the gateway.
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Check } from '../../../src/cli/checks.ts';
import type { Faults } from '../../../gpu-workers/servers/faults.ts';
import { steady } from '../load/arrivals.ts';
import type { Ask } from '../load/ask.ts';
import { runOpenLoop } from '../load/open-loop.ts';
import type { Answered } from '../load/send.ts';
import { boundOf, sayErrors } from '../load/tally.ts';
import { poolsOf } from '../models.ts';
import { chain } from '../rules.ts';
import { atLeast, atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { setFaults } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';
import { blameless, judgeBlameless, runBlameless } from './blameless.ts';
import { breakerPlants } from './breaker-plants.ts';
import { CounterWatch, readRound, type Read } from './counter-watch.ts';

const MODEL = 'shaky';
const FIRST = 'shaky@1';
const OTHER = 'steady@1';
const RATE = 50;
const LIMIT_MS = 10_000;
const shape = { firstTokenMs: 10, tokenMs: 1, tokens: 8 };
const SLOW_MS = 20 * shape.firstTokenMs + 400;
/** Within this time a hard failure must have opened, however many requests met it. */
const OPEN_MS = 100;

const pools = poolsOf([FIRST, OTHER], { ...shape, replicas: 1, slots: 32 });

export const breaker: Scenario = {
  name: 'breaker',
  about: `a target that fails at ${RATE} requests a second, with one fallback; counted at the target`,
  plants: breakerPlants,
  run,
};

interface Story {
  readonly id: string;
  readonly title: string;
  readonly faults: Faults;
  /** Longest time until it is left alone. */
  readonly openMsMax: number;
  /** No request is ever answered meanwhile: whatever it gets once it is left alone is a probe. */
  readonly isNeverWell?: boolean;
}

const stories: readonly Story[] = [
  {
    id: 'hard',
    title: 'every request fails with 500',
    faults: { errorStatus: 500 },
    openMsMax: OPEN_MS,
    isNeverWell: true,
  },
  {
    id: 'half',
    title: 'half of the requests fail with 500',
    faults: { errorStatus: 500, share: 0.5 },
    openMsMax: 1_000,
  },
  {
    id: 'slow',
    title: 'a first token sixty times as late',
    faults: { delayMs: SLOW_MS },
    openMsMax: 2_000,
  },
  // A probe of it lasts as long as anybody waits: a second one beside it cannot hide.
  {
    id: 'hang',
    title: 'every request is taken and never answered',
    faults: { delayMs: 60_000 },
    openMsMax: 2_000,
    isNeverWell: true,
  },
];

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const rule = chain({
    model: MODEL,
    first: FIRST,
    fallbacks: [OTHER],
    timeouts: { firstTokenMs: 1_000, idleMs: 1_000 },
  });
  const stack = await context.open({ pools, rules: [rule] });
  const rounds = context.isQuick ? 1 : context.isShort ? 5 : 20;
  const checks: Check[] = [];
  const facts: string[] = [];
  const answers: Answered[] = [];
  const closes: number[] = [];
  for (const story of stories) {
    const seen: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const one = await runRound(stack, { story, seed: context.seed + round });
      seen.push(one);
      answers.push(...one.answers);
      closes.push(one.closedMs);
    }
    const words = `${story.title}: asked ${list(seen, ({ failures }) => failures)} times until it was left alone, for ${list(seen, ({ openMs }) => Math.round(openMs))} ms; probes while it was broken ${list(seen, ({ probes }) => probes)}, at once ${list(seen, ({ probesAtOnce }) => probesAtOnce)}; asked again ${list(seen, ({ closedMs }) => Math.round(closedMs))} ms after it was well`;
    context.say(words);
    facts.push(words);
    checks.push(...judgeStory(story, seen));
  }
  for (const each of blameless) {
    const seen = await runBlameless(stack, context, {
      each,
      model: MODEL,
      version: FIRST,
      tokens: shape.tokens,
    });
    const check = judgeBlameless(each, seen);
    context.say(`${check.note}: ${seen.got} of ${seen.asked}`);
    checks.push(check);
  }
  const bad = answers.filter(({ verdict }) => verdict !== 'ok').length;
  return {
    facts: [...facts, `not ok: ${sayErrors(answers)}`],
    checks: [
      ...checks,
      atMost('breaker.closeSeconds', Math.max(...closes) / 1_000, 2, {
        n: closes.length,
        note: 'from the recovery until the target answers requests again, the slowest',
      }),
      atMost('breaker.bad', bad, 0, {
        n: answers.length,
        note: `requests without a complete correct answer; ${boundOf(bad, answers.length)}`,
      }),
    ],
  };
}

function judgeStory({ id, openMsMax, isNeverWell }: Story, seen: readonly Round[]): readonly Check[] {
  const n = seen.length;
  const worst = (of: (round: Round) => number): number => Math.max(...seen.map(of));
  const probes = atMost(
    `breaker.${id}.probesAtOnce`,
    worst(({ probesAtOnce }) => probesAtOnce),
    1,
    { n, note: 'requests that the broken target was answering at the same time after it was left alone' },
  );
  const probed = atLeast(`breaker.${id}.probes`, median(seen.map((each) => each.probes)), 1, {
    n,
    note: 'it is asked whether it is well',
  });
  const opened = atMost(
    `breaker.${id}.openMs`,
    worst(({ openMs }) => openMs),
    openMsMax,
    { n, note: 'from the first failure to the last request but probes' },
  );
  // One that answers now and then is used again when a probe has passed, and left alone again: those are no probes.
  if (isNeverWell !== true) return [opened];
  if (id !== 'hard') return [opened, probes, probed];
  // Three failures, or however many fall into a tenth of a second.
  const failures = worst(({ failures, openMs }) => (openMs <= OPEN_MS ? Math.min(failures, 3) : failures));
  return [
    atMost('breaker.failuresToOpen', failures, 3, {
      n,
      note: `requests that met the failing target before it was left alone, at most 3 or ${OPEN_MS} ms`,
    }),
    probes,
    probed,
  ];
}

interface Round extends Read {
  readonly answers: readonly Answered[];
  readonly closedMs: number;
}

const BEFORE_MS = 1_500;
const BROKEN_MS = 4_000;
const AFTER_MS = 3_000;
async function runRound(stack: RigStack, { story, seed }: { story: Story; seed: number }): Promise<Round> {
  const [first] = await stack.replicas.list(FIRST);
  if (first === undefined) throw new Error(`no replica of ${FIRST}`);
  const ask = (index: number): Ask => ({
    model: MODEL,
    key: stack.key,
    prompt: `${story.id} ${seed} ${index}`,
    stream: index % 2 === 0,
    tokens: shape.tokens,
    limitMs: LIMIT_MS,
  });
  const load = runOpenLoop({
    port: stack.port,
    arrivals: steady(RATE, BEFORE_MS + BROKEN_MS + AFTER_MS),
    seed,
    ask,
  });
  const watch = new CounterWatch(first);
  await sleep(BEFORE_MS);
  await setFaults(first, story.faults);
  const brokenMs = performance.now();
  await sleep(BROKEN_MS);
  await setFaults(first, {});
  const wellMs = performance.now();
  const { answers } = await load;
  const samples = await watch.end();
  return { answers, ...readRound({ samples, brokenMs, wellMs }), closedMs: closedAfter(answers, wellMs) };
}

/** Until the target has answered a request that came after its recovery; Infinity when it never did. */
function closedAfter(answers: readonly Answered[], wellMs: number): number {
  const served = answers.filter(
    ({ verdict, labels, intendedMs }) =>
      verdict === 'ok' && labels['x-pilotlight-model'] === FIRST && intendedMs >= wellMs,
  );
  return Math.min(...served.map(({ intendedMs, tookMs }) => intendedMs + tookMs - wellMs));
}

function list(seen: readonly Round[], of: (round: Round) => number): string {
  return seen.map(of).join(', ');
}
