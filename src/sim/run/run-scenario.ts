// One seeded scenario of trouble around a run, to its end: a drawn program, crashes, alarms that fire twice, callers that begin it again or
// cancel it, followers; then quiet. Returns what was violated and a trace.
import { drawInteger, makeRng, type Rng } from '../../core/base/rng.ts';
import { hashText } from '../../core/run/hash-text.ts';
import { makeBudget } from '../../core/run/run-budget.ts';
import type { RunSpec, RunStatus } from '../../core/run/run-state.ts';
import { checkOutcome, checkRest } from './check-rest.ts';
import { drawProgram, type Program } from './program.ts';
import { RunFollower } from './run-follower.ts';
import { RunWorld, startMs, type RunWorldOptions } from './run-world.ts';

export interface RunScenarioResult {
  readonly violations: readonly string[];
  readonly status: RunStatus['kind'];
  readonly crashes: number;
  readonly refused: number;
  readonly steps: number;
  readonly calls: number;
  /** Whether the outcome was known beforehand. */
  readonly isKnown: boolean;
  readonly trace: string;
}

export interface RunScenarioOptions {
  readonly crash?: RunWorldOptions['crash'];
}

/** Until then things go wrong. */
const TROUBLE_MS = 40_000;

/** After trouble and deadline a run that goes on is stuck: the watch, and an alarm that the platform fires again. */
const REST_MS = 10_000;

/** A bound on moments per scenario: a loop that never rests is reported instead of run for ever. */
const MOMENTS_MAX = 20_000;

/** Runs the scenario of `seed`. The same seed gives the same trace. */
export async function runRunScenario(
  seed: number,
  options: RunScenarioOptions = {},
): Promise<RunScenarioResult> {
  const rng = makeRng(seed ^ 0x5eed);
  const program = drawProgram(rng);
  const world = new RunWorld({
    program,
    seed,
    outside: {
      slowMsMax: drawInteger(rng, 0, 400),
      isFickle: !program.isPure && rng() < 0.5,
      stalls: rng() * 0.04,
    },
    crash: options.crash ?? { chance: rng() * rng() * 0.15 },
    doubleAlarms: rng() * 0.3,
    fullDisk: options.crash === undefined && rng() < 0.3 ? rng() * 0.1 : 0,
  });
  const spec = drawSpec(rng, program);
  const followers = scheduleFollowers(world, rng);
  const callers = new Callers(world, spec, rng, program.isPure);
  const isStuck = !(await runToRest(world, spec, () => followers.every(({ isDone }) => isDone)));
  if (isStuck)
    world.violations.push('stuck: the run goes on after its deadline, or a follower never hears its end');
  const state = world.store.peek();
  const log = world.store.log(0, Number.MAX_SAFE_INTEGER);
  for (const follower of followers) world.violations.push(...follower.check(log));
  const { known, violations } = checkOutcome(program, state, callers.wasCancelled);
  const result = {
    status: state?.progress.status.kind ?? 'active',
    crashes: world.crashes,
    steps: state?.steps.length ?? 0,
    isKnown: known,
  };
  world.violations.push(...world.store.violations, ...violations, ...checkRest(world), ...callers.violations);
  world.outside.close();
  await world.drained();
  const { refused, calls, crashes, clock, violations: found } = world;
  const trace = [hashText(JSON.stringify(log)), calls, refused, crashes, clock.nowMs].join('/');
  return { ...result, violations: found, refused, calls, trace };
}

function drawSpec(rng: Rng, program: Program): RunSpec {
  const isTight = rng() < 0.2 && !program.isPure;
  return {
    id: 'run_1',
    tenant: 'acme',
    function: 'program',
    version: 1,
    input: { n: 1 },
    inputHash: 'n1',
    budget: makeBudget({
      steps: rng() < 0.3 ? drawInteger(rng, 1, 8) : drawInteger(rng, 8, 40),
      totalMs: rng() < 0.1 ? drawInteger(rng, 1, 20_000) : drawInteger(rng, 60_000, 300_000),
      ...(isTight ? { tokens: drawInteger(rng, 1, 60), micros: drawInteger(rng, 1, 90) } : {}),
    }),
    createdMs: startMs,
    parent: null,
  };
}

function scheduleFollowers(world: RunWorld, rng: Rng): readonly RunFollower[] {
  return Array.from({ length: drawInteger(rng, 0, 2) }, () => {
    const fromSeq = rng() < 0.6 ? 0 : drawInteger(rng, 0, 6);
    return new RunFollower(world, { fromSeq, delayMs: drawInteger(rng, 0, 4_000), cut: rng() * 0.3 });
  });
}

/** Those who begin the run, begin it again, and cancel it. */
class Callers {
  readonly violations: string[] = [];
  readonly #world: RunWorld;
  readonly #spec: RunSpec;
  wasCancelled = false;

  constructor(world: RunWorld, spec: RunSpec, rng: Rng, isPure: boolean) {
    this.#world = world;
    this.#spec = spec;
    this.#begin();
    if (rng() < 0.2) world.clock.after(drawInteger(rng, 0, 20_000), () => this.#begin());
    if (rng() < 0.1) world.clock.after(drawInteger(rng, 1, 20_000), () => this.#beginAnother());
    if (rng() < (isPure ? 0.1 : 0.3)) world.clock.after(drawInteger(rng, 0, 15_000), () => this.#cancel());
    if (rng() < 0.4) world.clock.after(drawInteger(rng, 0, TROUBLE_MS), () => world.faulty && world.kill());
    if (rng() < 0.2)
      world.clock.after(drawInteger(rng, 0, TROUBLE_MS), () => world.enter((host) => host.tick()));
  }

  /** Asks until it hears that the run has begun, as a client with an Idempotency-Key does. */
  #begin(): void {
    const isHeard = this.#world.enter((host) => {
      if (!host.create(this.#spec).ok) this.violations.push('the same run was refused');
    });
    if (!isHeard) this.#world.clock.after(drawInteger(this.#world.rng, 1, 1_000), () => this.#begin());
  }

  #beginAnother(): void {
    this.#world.enter((host) => {
      if (host.state === null) return;
      const other = host.create({ ...this.#spec, inputHash: 'n2' });
      if (other.ok) this.violations.push('another run under the same id was taken for this one');
    });
  }

  #cancel(): void {
    const isHeard = this.#world.enter((host) => {
      if (host.state === null) return;
      this.wasCancelled = true;
      host.cancel();
    });
    if (!isHeard) this.#world.clock.after(drawInteger(this.#world.rng, 1, 500), () => this.#cancel());
    else if (this.wasCancelled && this.#world.store.peek()?.progress.status.kind === 'active')
      this.violations.push('a cancelled run goes on');
  }
}

/** False when the run, or somebody who follows it, has not come to an end in time. */
async function runToRest(world: RunWorld, spec: RunSpec, areDone: () => boolean): Promise<boolean> {
  const endMs = Math.max(startMs + TROUBLE_MS, spec.createdMs + spec.budget.totalMs) + REST_MS;
  await world.drained();
  for (let moments = 0; moments < MOMENTS_MAX; moments += 1) {
    if (world.clock.nowMs >= startMs + TROUBLE_MS) world.faulty = false;
    const status = world.store.peek()?.progress.status.kind ?? 'active';
    if (status !== 'active') {
      world.faulty = false;
      if (areDone() && !world.outside.isBusy) return true;
    }
    if (world.clock.nowMs > endMs || !world.clock.step()) return status !== 'active' && areDone();
    if (world.acted) await world.drained();
  }
  return false;
}
