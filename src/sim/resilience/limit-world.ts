// A model server with a hidden capacity behind the adaptive limit, under more work than it can do: what the limit becomes when the
// capacity changes. Owns the server and the clock; the limit under test is passed in. Pure and seeded.
import { Heap } from '../../core/base/heap.ts';
import { makeRng, type Rng } from '../../core/base/rng.ts';
import { decideLimit, limitOf, newLimit } from '../../core/resilience/adaptive-limit.ts';
import { PhaseMeter, type PhaseReport } from '../../core/resilience/phase-meter.ts';

export interface LimitScenario {
  readonly seed: number;
  /** `slots`: the server works on so many and queues the others itself. `shared`: it works on all, slower and slower beyond so many. */
  readonly server: 'slots' | 'shared';
  /** Capacity from each time on, in requests at once. */
  readonly capacity: readonly { readonly fromMs: number; readonly requests: number }[];
  /** How long things take from each time on, beside the figures below. */
  readonly slowdown?: readonly { readonly fromMs: number; readonly factor: number }[];
  readonly firstMs: number;
  readonly gapMs: number;
  /** Tokens of an answer and how often each length comes, per thousand. */
  readonly lengths: readonly { readonly tokens: number; readonly perMille: number }[];
  readonly endMs: number;
  /** Requests waiting to be let in: as a share of the capacity, or always some when null. */
  readonly offered: number | null;
}

export interface LimitRun {
  /** The limit at the end of each window. */
  readonly limits: readonly number[];
  readonly inFlight: readonly number[];
}

/** What is told when a request ends, for limits that go by total time. */
export interface LimitUnderTest {
  step(report: PhaseReport, totalsMs: readonly number[]): void;
  limit(): number;
}

/** The core's limit, which begins at `start` and may go to four times that. */
export function coreLimit(start: number): LimitUnderTest {
  let state = { ...newLimit(start), limitMax: 4 * start };
  return {
    step: (report) => {
      state = decideLimit(state, report);
    },
    limit: () => limitOf(state),
  };
}

interface Work {
  readonly tokens: number;
  readonly sentMs: number;
  startedMs: number | null;
  firstAtMs: number;
  done: number;
  fedMs: number;
}

const stepMs = 10;
export const limitWindowMs = 1_000;

/** Runs in steps of 10 ms; exact enough beside first tokens of 50 ms. */
export function runLimit(scenario: LimitScenario, limiter: LimitUnderTest): LimitRun {
  const world = new Server(scenario);
  const limits: number[] = [];
  const inFlight: number[] = [];
  for (let nowMs = 0; nowMs < scenario.endMs; nowMs += stepMs) {
    world.cut(nowMs);
    world.admit(nowMs, limiter.limit());
    world.advance(nowMs);
    if ((nowMs + stepMs) % limitWindowMs !== 0) continue;
    limiter.step(world.meter.take(nowMs + stepMs), world.takeTotals());
    limits.push(limiter.limit());
    inFlight.push(world.inFlight);
  }
  return { limits, inFlight };
}

class Server {
  readonly meter = new PhaseMeter(0);
  readonly #scenario: LimitScenario;
  readonly #rng: Rng;
  #running: Work[] = [];
  readonly #queue = new Heap<Work>();
  #order = 0;
  #totalsMs: number[] = [];

  constructor(scenario: LimitScenario) {
    this.#scenario = scenario;
    this.#rng = makeRng(scenario.seed);
  }

  get inFlight(): number {
    return this.#running.length + this.#queue.size;
  }

  takeTotals(): readonly number[] {
    const totals = this.#totalsMs;
    this.#totalsMs = [];
    return totals;
  }

  /** Slots that are gone take their requests with them. */
  cut(nowMs: number): void {
    const capacity = this.#capacity(nowMs);
    if (this.#scenario.server === 'shared') return;
    for (const work of this.#running.slice(capacity)) this.meter.end(nowMs, work.firstAtMs <= nowMs);
    this.#running = this.#running.slice(0, capacity);
  }

  admit(nowMs: number, limit: number): void {
    const { offered } = this.#scenario;
    const most = offered === null ? limit : Math.min(limit, Math.round(offered * this.#capacity(nowMs)));
    while (this.inFlight < most) {
      this.meter.begin(nowMs, true);
      this.#order += 1;
      const work = {
        tokens: this.#length(),
        sentMs: nowMs,
        startedMs: null,
        firstAtMs: Infinity,
        done: 0,
        fedMs: 0,
      };
      this.#queue.push(this.#order, work);
    }
  }

  advance(nowMs: number): void {
    const { server } = this.#scenario;
    const capacity = this.#capacity(nowMs);
    const most = server === 'shared' ? Infinity : capacity;
    while (this.#running.length < most) {
      const work = this.#queue.pop()?.value;
      if (work === undefined) break;
      this.#running.push({ ...work, startedMs: nowMs, firstAtMs: Infinity });
    }
    const share = server === 'shared' ? Math.min(1, capacity / Math.max(1, this.#running.length)) : 1;
    for (const work of this.#running) this.#feed(work, nowMs, (stepMs * share) / this.#slowdown(nowMs));
    this.#running = this.#running.filter((work) => {
      if (work.done < work.tokens) return true;
      this.meter.end(nowMs + stepMs, true);
      this.#totalsMs.push(nowMs + stepMs - work.sentMs);
      return false;
    });
  }

  /** Work is measured in undisturbed milliseconds. */
  #feed(work: Work, nowMs: number, workMs: number): void {
    const { firstMs, gapMs } = this.#scenario;
    if (work.startedMs === nowMs) work.fedMs = -firstMs * (0.5 + this.#rng());
    work.fedMs += workMs;
    if (work.fedMs < 0) return;
    const before = work.done;
    if (before === 0) {
      work.firstAtMs = nowMs + stepMs;
      this.meter.firstToken(nowMs + stepMs, nowMs + stepMs - work.sentMs);
    }
    work.done = Math.min(work.tokens, 1 + Math.floor(work.fedMs / gapMs));
    const fresh = work.done - Math.max(1, before);
    const perTokenMs = (gapMs * stepMs) / workMs;
    if (fresh > 0) this.meter.tokens(fresh, fresh * perTokenMs * (0.9 + 0.2 * this.#rng()));
  }

  #length(): number {
    let draw = this.#rng() * 1_000;
    for (const { tokens, perMille } of this.#scenario.lengths) {
      draw -= perMille;
      // Answers of a kind are not all equally long, or all slots would be free at the same moments.
      if (draw < 0) return Math.max(1, Math.round(tokens * (0.5 + this.#rng())));
    }
    return 1;
  }

  #capacity(nowMs: number): number {
    return this.#scenario.capacity.findLast(({ fromMs }) => fromMs <= nowMs)?.requests ?? 1;
  }

  #slowdown(nowMs: number): number {
    return this.#scenario.slowdown?.findLast(({ fromMs }) => fromMs <= nowMs)?.factor ?? 1;
  }
}
