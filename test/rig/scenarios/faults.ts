// Sixteen faults of a target with one fallback: each request must end in a complete and correct answer within the client's 30 s, or, where
// text has left and nobody can go on, in an honest typed error. Never in silence, never in half an answer that looks whole.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask } from '../load/ask.ts';
import { steady } from '../load/arrivals.ts';
import { startBystanders } from '../load/bystanders.ts';
import { newAgent, runOpenLoop } from '../load/open-loop.ts';
import { send, type Answered, type Target } from '../load/send.ts';
import type { PoolSpec } from '../models.ts';
import { chain } from '../rules.ts';
import type { RigContext, Scenario, ScenarioOutcome } from '../scenario.ts';
import { setFaults } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';
import { declinedCase, faultCases, flapCase, type FaultCase } from './fault-list.ts';
import { bystanderCase, judge, sayCase, shareOf, type Judged } from './faults-judge.ts';

const FIRST = 'first@1';
const OTHER = 'other@1';
const MODEL = 'faulty';
const TOKENS = 80;
/** The client's own limit. */
const LIMIT_MS = 30_000;
/** A target that was broken is asked again this long after it is well. */
const WELL_MS_MAX = 20_000;
/** More in a row than any circuit wants probes. */
const WELL_ROW = 6;
const WELL_PAUSE_MS = 25;

const BYSTANDER = 'bystander@1';
/** Of the bystanders' answers: what counts is how many they are, and the machine has two cores for everything. */
const brief = { firstTokenMs: 20, tokenMs: 1, tokens: 4 };

const pools: readonly PoolSpec[] = [
  ...[FIRST, OTHER].map((id) => ({
    id,
    replicas: 1,
    slots: 32,
    firstTokenMs: 40,
    tokenMs: 4,
    tokens: TOKENS,
  })),
  { id: BYSTANDER, replicas: 1, slots: 16, ...brief },
];

export const faults: Scenario = {
  name: 'faults',
  about: 'sixteen faults of one target, one fallback, client limit 30 s',
  plants: {
    'no-fallback': { without: ['fallback'], breaks: ['faults.passed'] },
    /** Neither the rule's times nor the gateway's own patience with a target that is not the last. */
    'no-timeouts': {
      without: ['timeouts'],
      edits: [
        {
          file: 'src/hosts/plan-request.ts',
          find: 'const patience = isLast ? {}',
          replace: 'const patience = isLast || patienceMs > 0 ? {}',
        },
      ],
      breaks: ['faults.lateFirstToken', 'faults.noResponse', 'faults.stall'],
    },
    'no-continuation': { without: ['continuation'], breaks: ['faults.cut40', 'faults.cut60'] },
    /** The oldest lie of gateways: a stream that breaks ends as if it were whole. */
    'clean-end': {
      edits: [
        {
          file: 'src/hosts/relay-outlet.ts',
          find: 'const last = failure === null ? DONE_EVENT',
          replace: 'const last = failure === null || failure.kind !== null ? DONE_EVENT',
        },
      ],
      without: ['continuation'],
      breaks: ['faults.wrong'],
    },
    /** A substitute for what a target declines is paid from the budget, which is for what fails. */
    'paid-declines': {
      edits: [
        {
          file: 'src/hosts/attempt-plan.ts',
          find: 'DECLINED.has(fault) && freed < FREE_MAX',
          replace: 'DECLINED.has(fault) && freed < 0 * FREE_MAX',
        },
      ],
      breaks: ['faults.declined'],
    },
    /** An answer that goes on elsewhere is told with the usage of its last part. */
    'usage-of-the-rest': {
      edits: [
        {
          file: 'src/hosts/relay-record.ts',
          find: 'const moved = Math.min(tokensBefore, usage.promptTokens);',
          replace: 'const moved = Math.min(0 * tokensBefore, usage.promptTokens);',
        },
      ],
      breaks: ['faults.events'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const timeouts = { firstTokenMs: 2_500, idleMs: 2_500 };
  const rule = chain({
    model: MODEL,
    first: FIRST,
    fallbacks: context.has('fallback') ? [OTHER] : [],
    ...(context.has('timeouts') ? { timeouts } : {}),
    ...(context.has('continuation') ? { midStream: 'continue' as const } : {}),
  });
  const aliases = { bystander: BYSTANDER };
  const stack = await context.open({ pools, aliases, rules: [rule], isProxied: true });
  const target: Target = { port: stack.port, agent: newAgent() };
  const alone: Judged[] = [];
  for (const fault of faultCases)
    alone.push({ fault, answers: await runRound(stack, target, { fault, round: 'alone', forms: [true] }) });
  const lone = alone
    .filter((each) => shareOf(each) < 1)
    .map((each) => `${each.fault.title}: ${sayCase(each)}`);
  context.say(
    `one stream at a time and no other traffic: ${alone.length - lone.length} of ${alone.length}${lone.map((line) => `; NOT ${line}`).join('')}`,
  );
  const declined = { fault: declinedCase, answers: await runDeclined(stack, target, context) };
  context.say(`${declinedCase.title}: ${sayCase(declined)}`);
  const bystanders = startBystanders({
    port: stack.port,
    seed: context.seed,
    perSecond: BYSTANDERS_PER_SECOND,
    ask: (index) => ({
      ...makeAsk(stack, `bystander ${index}`, index % 10 === 0),
      model: 'bystander',
      tokens: brief.tokens,
    }),
  });
  const rounds = context.isQuick ? 1 : context.isShort ? 3 : 10;
  const judged: Judged[] = [];
  for (const fault of faultCases) {
    const answers: Answered[] = [];
    for (let round = 0; round < rounds; round += 1)
      answers.push(...(await runRound(stack, target, { fault, round: String(round), forms: [true, false] })));
    judged.push({ fault, answers });
    context.say(`${fault.title}: ${sayCase({ fault, answers })}`);
  }
  const flap = { fault: flapCase, answers: await runFlap(stack, context) };
  judged.push(flap);
  context.say(`${flap.fault.title}: ${sayCase(flap)}`);
  target.agent.destroy();
  judged.push({ fault: bystanderCase, answers: await bystanders() });
  return {
    facts: [...judged, declined].map((each) => `${each.fault.title}: ${sayCase(each)}`),
    checks: judge(judged, { alone, declined }, stack),
  };
}

interface Round {
  readonly fault: FaultCase;
  readonly round: string;
  /** Whether each of the requests is streamed. */
  readonly forms: readonly boolean[];
}

/** The requests go out at once, so that each meets the fault before the target is known to be broken. */
async function runRound(
  stack: RigStack,
  target: Target,
  { fault, round, forms }: Round,
): Promise<readonly Answered[]> {
  await untilWell(stack, target);
  await commit(stack, fault);
  const asks = forms.map((isStream) => makeAsk(stack, `${fault.id} ${round} ${String(isStream)}`, isStream));
  const answers = await Promise.all(asks.map((ask) => send(target, ask).answered));
  await commit(stack, { id: 'none', title: 'none' });
  return answers;
}

/** Far more than what meets the faults, as in most outages. */
const BYSTANDERS_PER_SECOND = 50;

async function commit(stack: RigStack, { server, proxy, other }: FaultCase): Promise<void> {
  const replicas = await stack.replicas.list();
  for (const replica of replicas) {
    const isFirst = replica.version === FIRST;
    await setFaults(replica, (isFirst ? server : other) ?? {});
    const before = await stack.tap?.proxyOf(replica.endpoint);
    before?.set((isFirst ? proxy : undefined) ?? { kind: 'none' });
  }
}

/**
 * Asks until the first target answers as if nothing had been: what is shown next is the next fault's. One answer may be that of a probe, and
 * who comes behind it be sent past a target that is still left out.
 */
async function untilWell(stack: RigStack, target: Target): Promise<void> {
  const untilMs = Date.now() + WELL_MS_MAX;
  let row = 0;
  for (let index = 0; Date.now() < untilMs; index += 1) {
    const { verdict, labels } = await send(target, makeAsk(stack, `well ${index}`, false)).answered;
    row = verdict === 'ok' && labels['x-pilotlight-model'] === FIRST ? row + 1 : 0;
    if (row === WELL_ROW) return;
    await sleep(WELL_PAUSE_MS);
  }
  throw new Error(`${FIRST} is not asked again within ${WELL_MS_MAX} ms after its fault has gone`);
}

function makeAsk(stack: RigStack, prompt: string, isStream: boolean): Ask {
  return { model: MODEL, key: stack.key, prompt, stream: isStream, tokens: TOKENS, limitMs: LIMIT_MS };
}

/** More requests than the budget of extra attempts would pay a substitute for. */
async function runDeclined(
  stack: RigStack,
  target: Target,
  { isQuick, seed }: RigContext,
): Promise<readonly Answered[]> {
  await untilWell(stack, target);
  await commit(stack, declinedCase);
  const ask = (index: number): Ask => makeAsk(stack, `declined ${index}`, index % 2 === 0);
  const arrivals = steady(10, isQuick ? 5_000 : 15_000);
  const { answers } = await runOpenLoop({ port: stack.port, arrivals, seed, ask });
  await commit(stack, { id: 'none', title: 'none' });
  return answers;
}

/** Two seconds down, one up, in turn with 503 and with resets. */
async function runFlap(stack: RigStack, context: RigContext): Promise<readonly Answered[]> {
  const durationMs = context.isQuick ? 9_000 : 60_000;
  const ask = (index: number): Ask => makeAsk(stack, `flap ${index}`, index % 2 === 0);
  const load = runOpenLoop({ port: stack.port, arrivals: steady(10, durationMs), seed: context.seed, ask });
  const down: readonly FaultCase[] = [
    { ...flapCase, server: { errorStatus: 503 } },
    { ...flapCase, proxy: { kind: 'reset' } },
  ];
  const untilMs = Date.now() + durationMs;
  for (let turn = 0; Date.now() < untilMs; turn += 1) {
    await commit(stack, down[turn % 2] ?? flapCase);
    await sleep(2_000);
    await commit(stack, flapCase);
    await sleep(1_000);
  }
  return (await load).answers;
}
