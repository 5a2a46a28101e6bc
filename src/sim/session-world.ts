// One session in virtual time: the production host over rows that survive crashes, models behind it, clients and followers before it.
// A crash falls before or after any port call, so between every write and every effect; the next call or alarm begins a new life.
import { drawInteger, makeRng } from '../core/base/rng.ts';
import type { Rng } from '../core/base/rng.ts';
import { checkSession } from '../core/session/check-session.ts';
import { nextWakeMs } from '../core/session/decide-session.ts';
import type { TurnRoute } from '../core/session/session-events.ts';
import type { NewSession } from '../core/session/session-state.ts';
import { SessionHost } from '../hosts/session-host.ts';
import type { SessionPorts } from '../hosts/session-ports.ts';
import { SessionSockets } from '../hosts/session-sockets.ts';
import type { FollowerSocket } from '../hosts/session-sockets.ts';
import { SimClock } from './clock.ts';
import { SessionModels } from './session-models.ts';
import type { ModelFaults } from './session-models.ts';
import { MemorySessionStore } from './session-rows.ts';

export interface SessionWorldOptions {
  readonly session: NewSession;
  readonly route: TurnRoute;
  readonly seed: number;
  readonly faults: ModelFaults;
  /** Chance of a crash at each port call, or the one call (counted from 1) at which to crash. */
  readonly crash: { readonly chance: number } | { readonly atCall: number };
  /** Plants a bug between host and world: the negative controls of the checkers. */
  readonly sabotage?: ((ports: SessionPorts) => SessionPorts) | undefined;
}

class SimulatedCrash extends Error {}

/** One for all: a stack that nobody reads costs more than the crash. */
const crashed = new SimulatedCrash('this life is over');

const startMs = 1_000_000;

export class SessionWorld {
  readonly clock = new SimClock(startMs);
  readonly store = new MemorySessionStore();
  readonly rng: Rng;
  readonly models: SessionModels;
  readonly violations: string[] = [];
  /** Sockets outlive the sleep of the object, not its death. */
  sockets: FollowerSocket[] = [];
  crashes = 0;
  calls = 0;
  /** Switched off at the end of the trouble, so that the world can come to rest. */
  faulty = true;
  readonly #options: SessionWorldOptions;
  #host: SessionHost | null = null;
  #pump: SessionSockets | null = null;
  #epoch = 0;
  #alarmMs: number | null = null;
  #minted = 0;
  #waits: (() => void)[] = [];

  constructor(options: SessionWorldOptions) {
    this.#options = options;
    this.rng = makeRng(options.seed);
    this.models = new SessionModels(this.clock, this.rng, options.faults);
    while (this.store.load() === null) this.enter((host) => void host.create(options.session));
  }

  /** Runs `act` against the live host, building one when there is none; false when the object died under it. */
  enter(act: (host: SessionHost, sockets: SessionSockets) => void): boolean {
    try {
      const { host, pump } = this.#awake();
      act(host, pump);
      return host === this.#host;
    } catch (cause) {
      if (!(cause instanceof SimulatedCrash)) throw cause;
      return false;
    }
  }

  /** False for a host that died without its caller noticing: work that it had begun caught the end. */
  isLive(host: SessionHost): boolean {
    return host === this.#host;
  }

  /** Calls `gone` when the present life of the object ends by a crash; the returned function takes it back. */
  onCrash(gone: () => void): () => void {
    this.#waits.push(gone);
    return () => {
      this.#waits = this.#waits.filter((other) => other !== gone);
    };
  }

  /** The object sleeps: memory goes, sockets stay. Only what nobody is connected to otherwise can sleep. */
  sleep(): void {
    if (this.#waits.length > 0 || (this.#host?.state?.running ?? null) !== null) return;
    this.#epoch += 1;
    this.#host = null;
    this.#pump = null;
  }

  checkRows(): void {
    const state = this.store.load();
    if (state !== null) this.violations.push(...checkSession(state, this.store.rows()));
  }

  #awake(): { host: SessionHost; pump: SessionSockets } {
    if (this.#host !== null && this.#pump !== null) return { host: this.#host, pump: this.#pump };
    const { sabotage = (ports: SessionPorts) => ports } = this.#options;
    const ports = sabotage(this.#ports());
    const pump = new SessionSockets({
      eventsAfter: (seq) => this.#host?.eventsAfter(seq) ?? [],
      sockets: () => this.sockets,
      now: () => this.clock.nowMs,
      setTimer: ports.setTimer,
    });
    this.#pump = pump;
    const epoch = this.#epoch;
    const host = new SessionHost(ports);
    if (epoch !== this.#epoch) throw crashed;
    this.#host = host;
    pump.pump();
    return { host, pump };
  }

  #ports(): SessionPorts {
    const epoch = this.#epoch;
    const alive = <T>(act: () => T): T => {
      // A dead host can neither write nor read: storage is fenced.
      if (epoch !== this.#epoch) throw crashed;
      return act();
    };
    const { store, models } = this;
    return {
      store: {
        load: () => alive(() => store.load()),
        commit: (writes) => alive(() => this.#crashable(() => store.commit(writes))),
        message: (seq) => alive(() => store.message(seq)),
        messagesAfter: (seq) => alive(() => store.messagesAfter(seq)),
        messagesUpTo: (seq) => alive(() => store.messagesUpTo(seq)),
        eventsAfter: (seq) => alive(() => store.eventsAfter(seq)),
      },
      runTurn: (ask, onText) => alive(() => this.#crashable(() => models.runTurn(ask, onText))),
      cancelRun: (stop) => alive(() => this.#crashable(() => heard(models.cancelRun(stop)))),
      routeModel: () => ({ ok: true, value: this.#options.route }),
      now: () => this.clock.nowMs,
      newTurnId: () => `t${(this.#minted += 1)}`,
      setTimer: (delayMs, run) => this.#setTimer(epoch, delayMs, run),
      setWake: (atMs) => alive(() => this.#crashable(() => this.#arm(atMs))),
      onCommitted: () => alive(() => this.#crashable(() => this.#pump?.pump())),
      onErased: () => alive(() => this.#crashable(() => undefined)),
      waitUntil: (work) => void work.catch(() => {}),
      crash: () => {
        if (epoch === this.#epoch) this.#die();
      },
    };
  }

  #setTimer(epoch: number, delayMs: number, run: () => void): () => void {
    let cancelled = false;
    this.clock.after(delayMs, () => {
      if (cancelled || epoch !== this.#epoch) return;
      this.enter(() => run());
    });
    return () => {
      cancelled = true;
    };
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
    // Rows and alarm of one turn of the event loop are one commit on the platform: a crash cannot fall between them.
    const wakeMs = nextWakeMs(this.store.load());
    if (this.#alarmMs !== wakeMs) this.#arm(wakeMs);
    throw crashed;
  }

  #die(): void {
    this.#epoch += 1;
    this.#host = null;
    this.#pump = null;
    this.crashes += 1;
    this.checkRows();
    this.sockets = [];
    const waits = this.#waits;
    this.#waits = [];
    for (const gone of waits) gone();
  }

  #arm(wakeMs: number | null): void {
    this.#alarmMs = wakeMs;
    if (wakeMs === null) return;
    this.clock.after(wakeMs - this.clock.nowMs, () => {
      if (this.#alarmMs !== wakeMs) return;
      this.#alarmMs = null;
      // A crash inside the handler: the platform fires the alarm again.
      const handled = this.enter((host) => host.tick());
      if (!handled && this.#alarmMs === null) this.#arm(this.clock.nowMs + drawInteger(this.rng, 1, 2_000));
    });
  }
}

/** A failure whose listener may have died is no failure of the simulation. */
function heard(work: Promise<void>): Promise<void> {
  work.catch(() => {});
  return work;
}
