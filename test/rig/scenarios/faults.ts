// Sixteen faults of a target with one fallback: each request must end in a complete and correct answer within the client's 30 s, or, where
// text has left and nobody can go on, in an honest typed error. Never in silence, never in half an answer that looks whole.
import { setTimeout as sleep } from 'node:timers/promises';
import { pacedPrompt, pacedPromptTokens } from '../../../gpu-workers/servers/pace-text.ts';
import type { Check } from '../../../src/cli/checks.ts';
import type { Ask } from '../load/ask.ts';
import { steady } from '../load/arrivals.ts';
import { startBystanders } from '../load/bystanders.ts';
import { newAgent, runOpenLoop } from '../load/open-loop.ts';
import { send, type Answered, type Target } from '../load/send.ts';
import { boundOf, sayErrors } from '../load/tally.ts';
import type { PoolSpec } from '../models.ts';
import { chain } from '../rules.ts';
import { atLeast, atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { setFaults } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';
import { countUnaccounted, readEvents } from '../stack/worker-log.ts';
import {
  countScenarios,
  declinedCase,
  faultCases,
  flapCase,
  unseenCases,
  type FaultCase,
} from './fault-list.ts';

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
    'no-timeouts': {
      without: ['timeouts'],
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

interface Judged {
  readonly fault: FaultCase;
  readonly answers: readonly Answered[];
}

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

const bystanderCase: FaultCase = { id: 'bystanders', title: 'requests for another model meanwhile' };

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
    await sleep(100);
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

interface Beside {
  readonly alone: readonly Judged[];
  readonly declined: Judged;
}

function judge(judged: readonly Judged[], { alone, declined }: Beside, stack: RigStack): readonly Check[] {
  const everything = [...judged, ...alone, declined];
  const all = judged.flatMap(({ answers }) => answers);
  const wrong = all.filter(({ verdict }) => verdict === 'wrong').length;
  const usage = [judgeUsage(everything), judgeEvents(stack, everything)];
  return [
    judgeAll(
      judged,
      usage.every(({ ok }) => ok),
    ),
    ...judged.map((each) => {
      const n = each.answers.length;
      const note =
        each.fault.mayFail === true ? 'answers and honest typed errors' : 'complete correct answers';
      return atLeast(`faults.${each.fault.id}`, shareOf(each), 1, { n, note });
    }),
    {
      id: 'faults.wrong',
      value: wrong,
      bar: 0,
      op: '<=',
      ok: wrong === 0,
      n: all.length,
      note: `half answers that look whole, other texts; ${boundOf(wrong, all.length)}`,
    },
    ...usage,
    judgeAlone(alone),
    atLeast('faults.declined', shareOf(declined), 1, {
      n: declined.answers.length,
      note: 'complete correct answers of the fallback, for as long as the quota of the first is used up',
    }),
    judgeMet(stack, judged),
  ];
}

/** The sixteen. */
function judgeAll(judged: readonly Judged[], isUsageRight: boolean): Check {
  const cases = judged.filter(({ fault }) => fault !== bystanderCase);
  const asked = countScenarios(cases.map(({ fault }) => fault));
  const failed = cases.filter((each) => shareOf(each) < 1).map(({ fault }) => fault);
  const passed = asked - (countScenarios(failed) - 1) - (isUsageRight ? 0 : 1);
  return atLeast('faults.passed', passed, asked, {
    n: asked,
    note: 'faults of which no request has ended badly; cuts after 40 and 60 tokens are one, usage and events of all requests are one',
  });
}

/** Whatever was tried and lost for it, an answer's usage is what its text came to and what its prompt was. */
function judgeUsage(judged: readonly Judged[]): Check {
  const counted = judged.flatMap(({ answers }) => answers).filter(({ verdict }) => verdict === 'ok');
  const off = counted.filter(({ ask, reading }) => {
    const prompt = pacedPromptTokens(pacedPrompt([{ role: 'user', content: ask.prompt }]));
    return reading?.usage?.completion !== ask.tokens || reading.usage.prompt !== prompt;
  }).length;
  return {
    id: 'faults.usage',
    value: off,
    bar: 0,
    op: '<=',
    ok: off === 0,
    n: counted.length,
    note: `answers whose usage is not the tokens of their prompt and their text; ${boundOf(off, counted.length)}`,
  };
}

function judgeAlone(alone: readonly Judged[]): Check {
  const passed = alone.filter((each) => shareOf(each) === 1).length;
  const note =
    'the same faults, one stream at a time, with no other traffic that retries could be a share of';
  return atLeast('faults.alone', passed, alone.length, { n: alone.length, note });
}

/** A fault that no request has met proves nothing: the first target may have been left out already, or the fault not committed. */
function judgeMet(stack: RigStack, judged: readonly Judged[]): Check {
  const attempts = new Map(readEvents(stack.workerLog).map((event) => [event.requestId, event.attempts]));
  const asked = judged.filter(({ fault }) => fault !== bystanderCase && !unseenCases.has(fault.id));
  const unmet = asked.filter(({ answers }) =>
    answers.every(({ labels }) => (attempts.get(labels['x-request-id'] ?? '') ?? 0) < 2),
  );
  return atMost('faults.unmet', unmet.length, 0, {
    n: asked.length,
    note: `faults for which no request was sent to a second server; ${unmet.map(({ fault }) => fault.id).join(', ') || 'none'}`,
  });
}

/** The event of each request is written once, and tells the tokens of the answer that the client got. */
function judgeEvents(stack: RigStack, judged: readonly Judged[]): Check {
  const events = readEvents(stack.workerLog);
  const told = judged
    .flatMap(({ answers }) => answers)
    .filter(({ labels }) => labels['x-request-id'] !== undefined);
  const lone = countUnaccounted(
    events,
    told.map(({ labels }) => labels['x-request-id'] ?? ''),
  );
  const tokens = new Map(events.map(({ requestId, completionTokens }) => [requestId, completionTokens]));
  const good = told.filter(({ verdict }) => verdict === 'ok');
  const off = good.filter(
    ({ ask, labels }) => tokens.get(labels['x-request-id'] ?? '') !== ask.tokens,
  ).length;
  return atMost('faults.events', lone + off, 0, {
    n: told.length,
    note: `requests without exactly one event, or whose event counts other tokens than the answer has; ${boundOf(lone + off, told.length)}`,
  });
}

function shareOf({ fault, answers }: Judged): number {
  const good = answers.filter((answer) => isGood(fault, answer)).length;
  return good / Math.max(1, answers.length);
}

/** An error counts when it is typed and the gateway's own: its code is among those that the API documents. */
function isGood(fault: FaultCase, { verdict }: Answered): boolean {
  return verdict === 'ok' || (fault.mayFail === true && (verdict === 'failed' || verdict === 'refused'));
}

function sayCase({ answers }: Judged): string {
  const counts = new Map<string, number>();
  for (const { labels, verdict } of answers) {
    if (verdict !== 'ok') continue;
    const model = labels['x-pilotlight-model'] ?? 'somebody';
    counts.set(model, (counts.get(model) ?? 0) + 1);
  }
  const good =
    [...counts].map(([model, count]) => `${count} answered by ${model}`).join(', ') || 'none answered';
  return `${good}; otherwise: ${sayErrors(answers)}`;
}
