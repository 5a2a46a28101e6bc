// Runs whose truth is known, for the tests of traces: a plan says what each step waits for and how long it takes; playing it gives the
// timing that a journal would hold.
import fc from 'fast-check';
import type { RunTiming, StepTiming } from '../../../src/core/run-trace/run-timing.ts';

export interface PlannedStep {
  /** All of these must have been delivered before the code asks for this one. */
  readonly needs: readonly number[];
  /** The code thinks for so long before it asks. */
  readonly codeMs: number;
  readonly retryMs: number;
  readonly routeMs: number;
  readonly queueMs: number;
  readonly coldMs: number;
  readonly computeMs: number;
  readonly pool: string;
  readonly kind: StepTiming['kind'];
  /** A branch that was given up when the run ended: nobody waited for it. */
  readonly isLoser: boolean;
}

export interface Plan {
  readonly steps: readonly PlannedStep[];
  readonly tailMs: number;
}

export const startMs = 1_800_000_000_000;

export const aStep: PlannedStep = {
  needs: [],
  codeMs: 0,
  retryMs: 0,
  routeMs: 0,
  queueMs: 0,
  coldMs: 0,
  computeMs: 100,
  pool: 'tiny-chat@1~local',
  kind: 'chat',
  isLoser: false,
};

/** Steps asked for in the order of their needs, as code does that awaits all of them. */
export function play({ steps, tailMs }: Plan): RunTiming {
  const timings: StepTiming[] = [];
  const done = (n: number): number => timings[n]?.doneMs ?? startMs;
  for (const [n, step] of steps.entries()) {
    const needs = step.needs.filter((need) => steps[need]?.isLoser === false);
    const askedMs = needs.reduce((latest, need) => Math.max(latest, done(need)), startMs) + step.codeMs;
    const startedMs = askedMs + step.retryMs + step.routeMs;
    timings.push({
      n,
      kind: step.kind,
      name: `name-${n}`,
      pool: step.pool,
      version: 'tiny-chat@1',
      askedMs,
      startedMs,
      doneMs: startedMs + step.queueMs + step.coldMs + step.computeMs,
      queueMs: step.queueMs,
      coldMs: step.coldMs,
      warmth: step.coldMs > 0 ? 'cold' : 'hot',
      attempts: step.retryMs > 0 ? 2 : 1,
      status: step.isLoser ? 'cancelled' : 'done',
      after: needs,
      retriedMs: step.retryMs,
    });
  }
  const waited = timings.filter(({ status }) => status === 'done').map(({ doneMs }) => doneMs ?? startMs);
  const endedMs = Math.max(startMs, ...waited) + tailMs;
  return {
    run: 'run_1',
    function: 'planned',
    startedMs: startMs,
    endedMs,
    status: 'completed',
    steps: timings.map((step) => endBy(step, endedMs)),
  };
}

function endBy(step: StepTiming, endedMs: number): StepTiming {
  return { ...step, doneMs: Math.min(endedMs, step.doneMs ?? endedMs) };
}

const ms = (most: number): fc.Arbitrary<number> => fc.oneof(fc.constant(0), fc.nat(most));

const somePlannedStep = (n: number): fc.Arbitrary<PlannedStep> =>
  fc.record({
    needs: fc
      .uniqueArray(fc.nat(Math.max(0, n - 1)), { maxLength: 3 })
      .map((needs) => (n === 0 ? [] : needs)),
    codeMs: ms(50),
    retryMs: ms(2_000),
    routeMs: ms(20),
    queueMs: ms(500),
    coldMs: ms(8_000),
    computeMs: fc.integer({ min: 1, max: 5_000 }),
    pool: fc.constantFrom('a@1~local', 'b@1~local', 'c@2~local'),
    kind: fc.constantFrom('chat' as const, 'embed' as const, 'search' as const, 'effect' as const),
    isLoser: fc.boolean().map((isLoser) => isLoser && n > 0),
  });

export const somePlan: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc.record({
    steps: fc.tuple(...Array.from({ length: count }, (_, n) => somePlannedStep(n))),
    tailMs: ms(50),
  }),
);

const anyTime = fc.integer({ min: startMs - 10_000, max: startMs + 100_000 });

const someJournaledStep = (n: number): fc.Arbitrary<StepTiming> =>
  fc.record({
    n: fc.constant(n),
    kind: fc.constantFrom('chat' as const, 'embed' as const, 'sleep' as const, 'call' as const),
    name: fc.constant('any'),
    pool: fc.option(fc.constantFrom('a@1~local', 'b@1~local')),
    version: fc.constant(null),
    askedMs: anyTime,
    startedMs: fc.option(anyTime),
    doneMs: fc.option(anyTime),
    queueMs: fc.oneof(fc.integer({ min: -5, max: 200_000 }), fc.constant(Number.NaN)),
    coldMs: fc.integer({ min: -5, max: 200_000 }),
    warmth: fc.constant(null),
    attempts: fc.integer({ min: 1, max: 5 }),
    status: fc.constantFrom('running' as const, 'done' as const, 'failed' as const, 'cancelled' as const),
    after: fc.array(fc.integer({ min: -1, max: 20 }), { maxLength: 4 }),
    retriedMs: fc.integer({ min: -5, max: 200_000 }),
  });

/** Whatever a journal could claim, sense or nonsense. */
export const anyTiming: fc.Arbitrary<RunTiming> = fc.nat(10).chain((count) =>
  fc.record({
    run: fc.constant('run_1'),
    function: fc.constant('any'),
    startedMs: fc.constant(startMs),
    endedMs: fc.option(anyTime),
    status: fc.constantFrom('active', 'completed', 'failed', 'cancelled', 'incomplete'),
    steps: fc.tuple(...Array.from({ length: count }, (_, n) => someJournaledStep(n))),
  }),
);
