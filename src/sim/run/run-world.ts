// One run in virtual time: the production host over rows that survive crashes, the outside behind it, callers and followers before it.
// A crash falls before or after any port call, so between every commit and every effect, in the middle of effects and of a delivery; the
// next call or alarm begins a new life. What a dead life still does cannot reach the rows.
import { drawInteger, makeRng, type Rng } from '../../core/base/rng.ts';
import type { CompoundFunction } from '../../core/run/define-function.ts';
import { nextWakeMs } from '../../core/run/decide-run.ts';
import type { RunWrite } from '../../core/run/run-events.ts';
import { RunHost } from '../../hosts/run-host.ts';
import type { Attempt, RunPorts, StepPerformers } from '../../hosts/run-ports.ts';
import { SimClock } from '../clock.ts';
import { functionOf } from './interpret-program.ts';
import { MemoryRunStore } from './memory-run-store.ts';
import type { Program } from './program.ts';
import { SimOutside, type OutsideMix } from './sim-outside.ts';

export interface RunWorldOptions {
  readonly program: Program;
  readonly seed: number;
  readonly outside: OutsideMix;
  /** Chance of a crash at each port call, or the one call (counted from 1) at which to crash. */
  readonly crash: { readonly chance: number } | { readonly atCall: number };
  /** Chance that an alarm fires twice. */
  readonly doubleAlarms: number;
  /** Chance that a commit is refused by the disk; who committed lives on, and must not believe it. */
  readonly fullDisk: number;
}

class SimulatedCrash extends Error {}

/** One for all: a stack that nobody reads costs more than the crash. */
const crashed = new SimulatedCrash('this life is over');

export const startMs = 1_000_000;

/** Silences and keep-alives longer than this are nobody's business here. */
const TIMER_MS_MAX = 120_000;

export class RunWorld {
  readonly clock = new SimClock(startMs);
  readonly store = new MemoryRunStore();
  readonly rng: Rng;
  readonly outside: SimOutside;
  readonly violations: string[] = [];
  crashes = 0;
  calls = 0;
  /** Commits that a dead life tried. */
  refused = 0;
  /** Switched off at the end of the trouble, so that the world can come to rest. */
  faulty = true;
  /** Something was done at this moment: its promises must be given their turn. */
  acted = false;
  readonly #options: RunWorldOptions;
  #host: RunHost | null = null;
  #life = 0;
  #alarmMs: number | null = null;
  #waits: (() => void)[] = [];

  constructor(options: RunWorldOptions) {
    this.#options = options;
    this.rng = makeRng(options.seed);
    this.outside = new SimOutside({
      clock: this.clock,
      rng: this.rng,
      mix: options.outside,
      program: options.program,
      onAct: () => (this.acted = true),
    });
  }

  get alarmMs(): number | null {
    return this.#alarmMs;
  }

  /** Runs `act` against the live host, building one when there is none; false when the object died under it. */
  enter(act: (host: RunHost) => void): boolean {
    this.acted = true;
    try {
      this.#host ??= this.#beBorn();
      const host = this.#host;
      act(host);
      return host === this.#host;
    } catch (cause) {
      if (!(cause instanceof SimulatedCrash)) throw cause;
      return false;
    }
  }

  /** The object is killed between two of its turns. */
  kill(): void {
    this.acted = true;
    this.#die();
  }

  /** Calls `gone` when the present life of the object ends. */
  onDeath(gone: () => void): void {
    this.#waits.push(gone);
  }

  setTimer(delayMs: number, run: () => void): () => void {
    let isCancelled = delayMs > TIMER_MS_MAX;
    const fire = (): void => {
      if (isCancelled) return;
      this.acted = true;
      run();
    };
    if (!isCancelled) this.clock.after(delayMs, fire);
    return () => {
      isCancelled = true;
    };
  }

  /** Everything that the promises of this moment lead to. */
  drained(): Promise<void> {
    this.acted = false;
    return new Promise((resolve) => setImmediate(resolve));
  }

  #beBorn(): RunHost {
    const life = this.#life;
    const host = new RunHost(this.#ports(life));
    if (life !== this.#life) throw crashed;
    return host;
  }

  #ports(life: number): RunPorts {
    const alive = <T>(act: () => T): T => {
      if (life !== this.#life) throw crashed;
      return act();
    };
    const { store } = this;
    const fn = this.#functionFor(alive);
    return {
      store: {
        load: () => alive(() => store.load()),
        commit: (writes) => {
          if (life !== this.#life) this.refused += 1;
          alive(() => this.#crashable(() => this.#commit(writes)));
        },
        log: (after, max) => alive(() => store.log(after, max)),
        erase: () => alive(() => this.#crashable(() => store.erase())),
      },
      perform: this.#performers(alive),
      findFunction: () => fn,
      now: () => this.clock.nowMs,
      setTimer: (delayMs, run) => {
        const set = (): (() => void) => this.setTimer(delayMs, () => life === this.#life && this.enter(run));
        return delayMs === 0 ? alive(() => this.#crashable(set)) : set();
      },
      setWake: (atMs) => alive(() => this.#crashable(() => this.#arm(atMs))),
      waitUntil: (work) => void work.catch((cause: unknown) => this.#bug(life, cause)),
      crash: (cause) => {
        this.#bug(life, cause);
        if (life === this.#life) this.#die();
      },
      reportBug: (_run, cause) => this.#bug(life, cause),
      onProgress: () => alive(() => this.#crashable(() => undefined)),
      abandonChild: () => alive(() => this.#crashable(() => undefined)),
    };
  }

  #functionFor(alive: <T>(act: () => T) => T): CompoundFunction {
    return functionOf(this.#options.program, (part, at, moment) =>
      alive(() =>
        this.#crashable(() => {
          this.#checkAttempt({ key: moment.key, attempt: moment.attempt });
          return unheard(this.outside.effect(part, at, moment));
        }),
      ),
    );
  }

  #performers(alive: <T>(act: () => T) => T): StepPerformers {
    const ask = (attempt: Attempt, content: string, onText: ((text: string) => Promise<void>) | null) =>
      alive(() =>
        this.#crashable(() => {
          this.#checkAttempt(attempt);
          return unheard(this.outside.ask(attempt, content, onText));
        }),
      );
    return {
      chat: (attempt, _model, { messages }, onText) => ask(attempt, messages[0]?.content ?? '', onText),
      embed: (attempt, _model, texts) => ask(attempt, texts[0] ?? '', null),
      search: (attempt, _use, { query }) => ask(attempt, query, null),
      call: (attempt, { input }) => ask(attempt, typeof input === 'string' ? input : '', null),
    };
  }

  /** Nothing is done that is not written down as being done. */
  #checkAttempt({ key, attempt }: Pick<Attempt, 'key' | 'attempt'>): void {
    const state = this.store.peek();
    const step = state?.steps[Number(key.slice(key.lastIndexOf('/') + 1))];
    const kind = step?.status.kind ?? 'not written';
    if (kind !== 'running' || step?.attempt !== attempt || state?.progress.status.kind !== 'active')
      this.violations.push(`attempt ${attempt} of ${key} is performed while the step is ${kind}`);
  }

  /** A disk that is full takes nothing, and says so. */
  #commit(writes: readonly RunWrite[]): void {
    if (this.faulty && this.rng() < this.#options.fullDisk) throw crashed;
    this.store.commit(writes);
  }

  /** Each port call is carried out, then may be the last thing this life of the object did; or it dies before. */
  #crashable<T>(act: () => T): T {
    this.calls += 1;
    const { crash } = this.#options;
    const dies = this.faulty && ('atCall' in crash ? crash.atCall === this.calls : this.rng() < crash.chance);
    if (dies && this.rng() < 0.5) this.#dieAndThrow();
    const value = act();
    if (dies) this.#dieAndThrow();
    return value;
  }

  #dieAndThrow(): never {
    this.#die();
    throw crashed;
  }

  #die(): void {
    this.#life += 1;
    this.#host = null;
    this.crashes += 1;
    // Rows and alarm of one turn of the event loop are one commit on the platform: a crash cannot fall between them.
    const wakeMs = nextWakeMs(this.store.peek(), 0);
    if (this.#alarmMs !== wakeMs) this.#arm(wakeMs);
    const waits = this.#waits;
    this.#waits = [];
    for (const gone of waits) gone();
  }

  /** A bug of the host: a crash that nobody planted, an error that no author threw. */
  #bug(life: number, cause: unknown): void {
    if (life === this.#life && !(cause instanceof SimulatedCrash))
      this.violations.push(`bug: ${String(cause)}`);
  }

  #arm(wakeMs: number | null): void {
    this.#alarmMs = wakeMs;
    if (wakeMs === null) return;
    this.clock.after(wakeMs - this.clock.nowMs, () => {
      if (this.#alarmMs !== wakeMs) return;
      this.#alarmMs = null;
      // A crash inside the handler: the platform fires the alarm again.
      const isHandled = this.enter((host) => host.tick());
      if (!isHandled && this.#alarmMs === null) this.#arm(this.clock.nowMs + drawInteger(this.rng, 1, 2_000));
      if (this.rng() < this.#options.doubleAlarms) this.enter((host) => host.tick());
    });
  }
}

/** A failure whose listener may have died is no failure of the simulation. */
function unheard<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
