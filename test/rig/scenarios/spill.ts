// A dedicated pool that is cold, with a warm substitute that its rule allows: the first text must come as soon as from the substitute itself,
// labelled, and the dedicated pool must be used again at once when it is hot. Where the rule forbids it nothing may be answered by another.
import { quantile } from '../../../src/cli/checks.ts';
import type { Answered } from '../load/send.ts';
import { boundOf, sayErrors } from '../load/tally.ts';
import type { PoolSpec } from '../models.ts';
import { forbidSpill, plain, spill as spillRule } from '../rules.ts';
import { atMost, type RigContext, type RigPlant, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import {
  BACK_MS_MAX,
  isSubstituted,
  LOAD_MS,
  OWN,
  shape,
  SpillTrials,
  STRICT,
  SUBSTITUTE,
  type Cold,
} from './spill-trials.ts';

/** The least that a rule can say: the dedicated pool first, and whoever would wait for it is answered by the other. */
const AFTER_WAIT_MS = 50;
const RATIO_MAX = 1.3;

/** Cold some seconds after its last request, so that every trial begins cold, but not before anybody can have seen it hot. */
const sleepy = { hotIdleMs: 4_000, parkedIdleMs: 0 };
const pools: readonly PoolSpec[] = [
  { ...shape, id: OWN, replicas: 0, loadMs: LOAD_MS, more: { ...sleepy, replicasMax: 1 } },
  { ...shape, id: STRICT, replicas: 0, loadMs: LOAD_MS, more: { ...sleepy, replicasMax: 1 } },
  { ...shape, id: SUBSTITUTE, replicas: 2 },
];

const plants: Readonly<Record<string, RigPlant>> = {
  'no-spill': { without: ['spill'], breaks: ['spill.firstTextRatio'] },
  /** A rule that says "never" is passed over, and the next one that says something holds. */
  'spill-despite-rule': {
    edits: [
      {
        file: 'src/core/routing/match-rules.ts',
        find: 'if (value !== null && sayings[act] === null)',
        replace: "if (value !== null && value !== 'never' && sayings[act] === null)",
      },
    ],
    breaks: ['spill.forbidden'],
  },
  /** The substitute answers, and nobody is told. */
  unlabelled: {
    edits: [
      {
        file: 'src/hosts/plan-request.ts',
        find: 'isSubstitute(role) ?',
        replace: 'isSubstitute(role) && role !== role ?',
      },
    ],
    breaks: ['spill.unlabelled'],
  },
  /** A pool that was passed over once is passed over for good. */
  'no-way-back': {
    edits: [
      {
        file: 'src/core/routing/plan-spill.ts',
        find: 'if (waitMs <= afterWaitMs)',
        replace: 'if (waitMs < 0)',
      },
      {
        file: 'src/core/routing/plan-spill.ts',
        find: 'return soonest !== undefined && wait(soonest) < waitMs ? soonest : undefined;',
        replace: 'return soonest;',
      },
    ],
    breaks: ['spill.backMs', 'spill.notBack'],
  },
};

export const spill: Scenario = {
  name: 'spill',
  about: `a dedicated pool that takes ${LOAD_MS / 1000} s to load, a warm substitute after ${AFTER_WAIT_MS} ms of predicted wait`,
  plants,
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const otherwise = context.has('spill') ? SUBSTITUTE : null;
  const rules = [
    spillRule({ model: 'dedicated', to: OWN, otherwise, afterWaitMs: AFTER_WAIT_MS }),
    // A later rule would allow it: only the first one keeps the substitute out.
    forbidSpill('strict'),
    spillRule({ model: 'strict', to: STRICT, otherwise: SUBSTITUTE, afterWaitMs: AFTER_WAIT_MS }),
    plain('substitute', SUBSTITUTE),
  ];
  const stack = await context.open({ pools, rules });
  const trials = new SpillTrials(stack, context);
  const { isQuick, isShort } = context;
  const alone = await trials.alone(isQuick ? 5_000 : isShort ? 20_000 : 40_000);
  const cold: Cold[] = [];
  for (let trial = 0; trial < (isQuick ? 2 : isShort ? 10 : 30); trial += 1) {
    cold.push(await trials.cold());
    context.progress(`cold trial ${trial + 1} ended`);
  }
  const strict: Answered[] = [];
  for (let trial = 0; trial < (isQuick ? 1 : isShort ? 4 : 10); trial += 1)
    strict.push(...(await trials.strict()));
  return judge(context, { alone, cold, strict });
}

interface Seen {
  readonly alone: readonly Answered[];
  readonly cold: readonly Cold[];
  readonly strict: readonly Answered[];
}

function judge(context: RigContext, { alone, cold, strict }: Seen): ScenarioOutcome {
  const during = cold.flatMap((each) => each.during);
  const own = firstTextP95(alone);
  const got = firstTextP95(during);
  const spilt = during.filter(({ labels }) => isSubstituted(labels));
  const unlabelled = spilt.filter((answered) => !isLabelled(answered)).length;
  const strictSpilt = strict.filter(({ labels }) => isSubstituted(labels)).length;
  const all = [...alone, ...during, ...strict];
  const bad = all.filter(({ verdict }) => verdict !== 'ok').length;
  const sum = (of: (each: Cold) => number): number => cold.reduce((total, each) => total + of(each), 0);
  const facts = [
    `first text p95: substitute alone ${own.toFixed(0)} ms (${alone.length}), requests for the cold pool ${got.toFixed(0)} ms; ${spilt.length} of ${during.length} answered by the substitute`,
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
      atMost('spill.backMs', Math.max(...cold.map(({ backMs }) => backMs)), BACK_MS_MAX, {
        n: cold.length,
        note: 'from the dedicated pool being hot until it answers a request that came then, the slowest',
      }),
      atMost(
        'spill.notBack',
        sum(({ notBack }) => notBack),
        0,
        {
          n: sum(({ hot }) => hot),
          note: `requests that came more than ${BACK_MS_MAX} ms after it was hot and were answered by another`,
        },
      ),
      atMost('spill.unlabelled', spilt.length === 0 ? Infinity : unlabelled, 0, {
        n: spilt.length,
        note: 'answers of the substitute that do not say so',
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

/** A request that is not answered has no first text: it counts as endless. */
function firstTextP95(answers: readonly Answered[]): number {
  const ms = answers.map(({ verdict, firstTextMs }) =>
    verdict === 'ok' ? (firstTextMs ?? Infinity) : Infinity,
  );
  return quantile(ms, 0.95);
}

function isLabelled({ labels, reading }: Answered): boolean {
  const said = [...Object.entries(labels).flat(), ...(reading?.comments ?? []), ...(reading?.events ?? [])];
  return said.some((word) => /substitut|spill/u.test(word.replaceAll(SUBSTITUTE, '')));
}
