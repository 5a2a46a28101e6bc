// Eight partial outages at 0.6 of capacity, the time until they are noticed included: a request counts when a complete correct answer came
// within its limit from any pool that the rules allow.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Check } from '../../../src/cli/checks.ts';
import { steady } from '../load/arrivals.ts';
import type { Ask } from '../load/ask.ts';
import { measureCapacity } from '../load/capacity.ts';
import { sayUse } from '../load/generator-use.ts';
import { runOpenLoop } from '../load/open-loop.ts';
import { availability, percent, quantileOf, sayErrors, sayPunctuality } from '../load/tally.ts';
import { windowMs } from '../../../src/core/resilience/retry-budget.ts';
import { capacityOf, poolsOf, usual } from '../models.ts';
import { chain, spread } from '../rules.ts';
import { atLeast, atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import type { RigStack } from '../stack/stack.ts';
import { countAttempts, readEvents } from '../stack/worker-log.ts';
import { ATTEMPTS_MAX, judgeOthers, judgePhase, PINNED, type Phase } from './outage-judge.ts';
import { tellPool, tellTale } from './outage-tale.ts';
import { HEALTHY, outages, REPLICAS, VICTIM, type Outage } from './outages.ts';

const SHARED = 'shared';
const LOAD = 0.6;
/** A load that is a share of less than that would be no load. */
const OF_SLOTS_MIN = 0.9;
/** Twelve times an answer's own time. */
const LIMIT_MS = 5_000;
/** It meets requests under way, as outages do. */
const LEAD_MS = 1_000;
/** Calls that lost a race or their client end within this. */
const SETTLE_MS = 500;
/** Of a hundred requests so many are for one of the healthy pools alone: the bystanders, who must notice nothing. */
const PINNED_SHARE = 0.15;

const pools = poolsOf([VICTIM, ...HEALTHY], { ...usual, replicas: REPLICAS });

export const outage: Scenario = {
  name: 'outage',
  about:
    'eight partial outages of four pools at 0.6 of their measured capacity, detection included; limit 5 s',
  plants: {
    'no-fallback': { without: ['fallback'], breaks: ['outage.poolKilled.availability'] },
    'no-timeouts': {
      without: ['timeouts', 'hedge'],
      breaks: ['outage.poolStopped.availability', 'outage.poolSlow.availability'],
    },
    /** Nobody is ever called broken: each request finds out for itself, until what may be spent on that is spent. */
    'no-breaker': {
      edits: [
        {
          file: 'src/core/resilience/outcome-class.ts',
          find: '(against[failure.kind] ?? null)',
          replace: "'ok'",
        },
      ],
      breaks: [
        'outage.poolKilled.availability',
        'outage.poolGarbage.availability',
        'outage.poolCuts.availability',
        'outage.pool503.availability',
      ],
    },
    /** Whatever fails is tried again, as often as it fails. */
    'no-budget': {
      edits: [
        {
          file: 'src/core/resilience/outcome-class.ts',
          find: '(against[failure.kind] ?? null)',
          replace: "'ok'",
        },
        {
          file: 'src/core/resilience/retry-budget.ts',
          find: 'const isGranted = outermost && ',
          replace: 'const isGranted = true || ',
        },
      ],
      breaks: ['outage.attemptsPerRequest', 'outage.pool503.attempts', 'outage.poolGarbage.attempts'],
    },
    /** A stream that breaks ends as if it were whole. */
    'clean-end': {
      edits: [
        {
          file: 'src/hosts/relay-outlet.ts',
          find: 'const last = failure === null ? DONE_EVENT',
          replace: 'const last = failure === null || failure.kind !== null ? DONE_EVENT',
        },
      ],
      without: ['continuation'],
      breaks: ['outage.poolCuts.wrong', 'outage.rolling.wrong', 'outage.poolKilled.wrong'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  // An answer that breaks off goes on at another replica: without that an outage costs each stream that it meets, by rule.
  const goesOn = context.has('continuation') ? { midStream: 'continue' as const } : {};
  const rule = spread({
    model: SHARED,
    targets: pools.map(({ id }) => id),
    by: 'least-loaded',
    isBackedUp: context.has('fallback'),
    ...goesOn,
    ...(context.has('timeouts') ? { timeouts: { firstTokenMs: 1_500, idleMs: 1_500 } } : {}),
    ...(context.has('hedge') ? { hedge: 'p95' as const } : {}),
  });
  const pinned = chain({ model: PINNED, first: HEALTHY[2], fallbacks: [], ...goesOn });
  // What dies starts again on the gateway's own cores: from one file that costs them a fraction of what it does from sources.
  const stack = await context.open({ pools, rules: [rule, pinned], isServerBundled: true });
  // Of fewer bystanders than come in two minutes the p99 is chance.
  const localMs = context.isQuick ? 5_000 : context.isShort ? 125_000 : 600_000;
  const everywhereMs = context.isShort ? 45_000 : localMs;
  const calmMs = context.isQuick ? 15_000 : localMs;
  const capacity = await measureCapacity({
    port: stack.port,
    slots: pools.reduce((sum, pool) => sum + pool.replicas * pool.slots, 0),
    durationMs: context.isQuick ? 5_000 : context.isShort ? 10_000 : 30_000,
    ask: (index) => ({ ...makeAsk(stack, 'capacity', index), limitMs: 4 * LIMIT_MS }),
  });
  const rate = capacity * LOAD;
  for (const line of (await stack.pools()).flatMap(tellPool)) context.progress(`capacity: ${line}`);
  const options = { context, rate };
  const calm = await runPhase(stack, { ...options, outage: null, durationMs: calmMs });
  const facts = [
    `capacity ${capacity.toFixed(1)} good answers a second, measured, of ${capacityOf(pools).toFixed(0)} that the slots could do; load ${rate.toFixed(1)} requests a second`,
    `without an outage: ${sayPhase(calm)}`,
  ];
  facts.forEach((fact) => context.say(fact));
  const checks: Check[] = [];
  const phases: Phase[] = [];
  let [requests, attempts] = [0, 0];
  const looked = outages.filter(({ id }) => context.looksAt(`outage.${id}.`));
  const last = looked.at(-1);
  for (const outage of looked) {
    const durationMs = outage.isEverywhere === true ? everywhereMs : localMs;
    const phase = await runPhase(stack, { ...options, outage, durationMs });
    const ratio = phase.attempts / Math.max(1, phase.requests);
    requests += phase.requests;
    attempts += phase.attempts;
    const words = `${outage.title}: ${sayPhase(phase)}; ${ratio.toFixed(3)} attempts a request`;
    context.say(words);
    facts.push(words);
    phases.push(phase);
    checks.push(...judgePhase({ phase, calm, ratio }));
    for (const line of await tellTale(stack, phase.answers)) context.progress(`${outage.id}: ${line}`);
    if (outage !== last) await untilWhole(stack, options);
  }
  const overall = attempts / Math.max(1, requests);
  checks.push(
    ...judgeOthers(phases, calm),
    atLeast('outage.ofSlots', capacity / capacityOf(pools), OF_SLOTS_MIN, {
      n: 1,
      note: 'measured capacity, of which the load is a share, as a share of what the slots can do',
    }),
    atMost('outage.attemptsPerRequest', overall, ATTEMPTS_MAX, {
      n: requests,
      note: 'calls of model servers a request, all outages together',
    }),
  );
  return { facts, checks };
}

interface PhaseOptions {
  readonly context: RigContext;
  readonly outage: Outage | null;
  readonly rate: number;
  readonly durationMs: number;
}

async function runPhase(stack: RigStack, options: PhaseOptions): Promise<Phase> {
  const { context, outage, rate, durationMs } = options;
  const name = outage?.id ?? 'calm';
  const before = countAttempts(readEvents(stack.workerLog));
  const served = await stack.replicas.countRequests();
  const killed = stack.nemesis.kills;
  const load = runOpenLoop({
    port: stack.port,
    arrivals: steady(rate, durationMs),
    seed: context.seed,
    ask: (index, draw) => ({
      ...makeAsk(stack, name, index),
      model: draw() < PINNED_SHARE ? PINNED : SHARED,
    }),
    onProgress: (line) => context.progress(`${name}: ${line}`),
  });
  if (outage !== null) await sleep(LEAD_MS);
  const end = await outage?.begin(stack);
  const { answers, due, use } = await load;
  await end?.();
  // What is still under way for nobody is counted too.
  await sleep(SETTLE_MS);
  const after = countAttempts(readEvents(stack.workerLog));
  // A process that was killed has taken its count along.
  const isCounted = stack.nemesis.kills === killed;
  const calls = isCounted ? (await stack.replicas.countRequests()) - served : 0;
  return { outage, answers, requests: due, attempts: Math.max(after.attempts - before.attempts, calls), use };
}

function makeAsk(stack: RigStack, name: string, index: number): Ask {
  return {
    model: SHARED,
    key: stack.key,
    prompt: `${name} ${index}`,
    stream: index % 2 === 0,
    tokens: usual.tokens,
    limitMs: LIMIT_MS,
  };
}

/**
 * The pools have to be whole again before the next outage: their processes, their circuits, which close under load alone, and what may be
 * spent on retries.
 */
async function untilWhole(
  stack: RigStack,
  { context, rate }: Pick<PhaseOptions, 'context' | 'rate'>,
): Promise<void> {
  await stack.warm(async () => undefined);
  const ask = (index: number): Ask => makeAsk(stack, 'mend', index);
  const mendMs = context.isQuick ? windowMs / 2 : windowMs;
  await runOpenLoop({ port: stack.port, arrivals: steady(rate, mendMs), seed: context.seed, ask });
}

function sayPhase({ answers, use }: Phase): string {
  const took = (q: number): string =>
    quantileOf(answers, ({ verdict, tookMs }) => (verdict === 'ok' ? tookMs : null), q).toFixed(0);
  return `${percent(availability(answers))} of ${answers.length}; answers p50 ${took(0.5)}, p99 ${took(0.99)} ms; not ok: ${sayErrors(answers)}; ${sayUse(use)}; ${sayPunctuality(answers)}`;
}
