// One pool in virtual time: the production host over a durable store that survives crashes, a fleet, and clients that ask, hold,
// renew, release and vanish. A crash is an exception thrown out of any port call, so it can fall between every write and every
// effect; the next call or alarm builds a new host from the store.
import { assert, must } from '../core/base/assert.ts';
import { drawInteger, makeRng, type Rng } from '../core/base/rng.ts';
import { checkPool } from '../core/pool/invariants.ts';
import { emptyLedger, type PoolLedger, type Replica } from '../core/pool/pool-state.ts';
import { PoolHost, type PoolPorts, type PoolWrite } from '../hosts/pool-host.ts';
import type { Result } from '../core/base/result.ts';
import type { Grant, Refusal } from '../core/pool/pool-events.ts';
import type { PoolSettings } from '../core/pool/pool-settings.ts';
import type { WarmthPlan } from '../core/warming/pool-plan.ts';
import { SimClock } from './clock.ts';
import { SimFleet, type FleetFaults } from './fleet.ts';
import { PoolLedgerChecker, PoolWarmthChecker, type DrawnPlan } from './pool-checkers.ts';

export interface PoolWorldOptions {
  readonly settings: PoolSettings;
  readonly faults: FleetFaults;
  readonly seed: number;
  /** Chance of a crash at each port call, or the one call (counted from 1) at which to crash. */
  readonly crash: { readonly chance: number } | { readonly atCall: number };
  /** Plants a bug between host and world: the negative controls of the checkers. */
  readonly sabotage?: ((ports: PoolPorts) => PoolPorts) | undefined;
  /** The same between plan or settings and host. */
  readonly misread?:
    | {
        readonly plan?: (plan: WarmthPlan) => WarmthPlan;
        readonly settings?: (settings: PoolSettings) => PoolSettings;
      }
    | undefined;
}

class SimulatedCrash extends Error {}

/** One for all: a stack that nobody reads costs more than the crash. */
const crashed = new SimulatedCrash('this life is over');

const startMs = 1_000_000;

export class PoolWorld {
  readonly clock = new SimClock(startMs);
  readonly fleet: SimFleet;
  readonly rng: Rng;
  readonly violations: string[] = [];
  readonly answered = new Map<string, Result<Grant, Refusal>>();
  readonly #options: PoolWorldOptions;
  readonly #rows = new Map<string, Replica>();
  readonly #checker = new PoolLedgerChecker();
  readonly #warmth: PoolWarmthChecker;
  #settings: PoolSettings;
  #ledger: PoolLedger = emptyLedger;
  #alarmMs: number | null = null;
  #host: PoolHost | null = null;
  /** Lives of the object that have ended. */
  #epoch = 0;
  #calls = 0;
  crashes = 0;
  /** Switched off at the end of the trouble, so that the world can come to rest. */
  faulty = true;

  constructor(options: PoolWorldOptions) {
    this.#options = options;
    this.rng = makeRng(options.seed);
    this.fleet = new SimFleet(this.clock, this.rng, options.faults);
    this.#settings = options.settings;
    this.#warmth = new PoolWarmthChecker(options.settings);
  }

  get lives(): number {
    return this.#epoch;
  }

  get calls(): number {
    return this.#calls;
  }

  get rows(): ReadonlyMap<string, Replica> {
    return this.#rows;
  }

  get alarmMs(): number | null {
    return this.#alarmMs;
  }

  /** Runs `act` against the live host, building one when there is none; false when the object crashed under it. */
  enter(act: (host: PoolHost) => void): boolean {
    try {
      const { misread, sabotage = (ports: PoolPorts) => ports } = this.#options;
      const settings = misread?.settings?.(this.#settings) ?? this.#settings;
      this.#host ??= new PoolHost(settings, sabotage(this.#ports()));
      act(this.#host);
      this.#check(this.#host);
      return true;
    } catch (cause) {
      if (!(cause instanceof SimulatedCrash)) throw cause;
      this.#host = null;
      this.#epoch += 1;
      this.crashes += 1;
      return false;
    }
  }

  /** The planner pushes a plan, which the pool may hear or not. */
  plan(drawn: DrawnPlan, forMs: number): void {
    const plan = this.#warmth.told(drawn, this.clock.nowMs + forMs);
    const heard = this.#options.misread?.plan?.(plan) ?? plan;
    this.enter((host) => host.handle({ kind: 'plan', plan: heard }));
  }

  /** The object is built anew with settings that pay for no floor any more. */
  dropFloor(): void {
    this.#settings = { ...this.#settings, floor: 0 };
    this.#warmth.settings = this.#settings;
    this.#host = null;
    this.#epoch += 1;
  }

  /** Every second of every replica that ever was, against the ledger that the pool kept. */
  checkAtRest(): void {
    if (this.#rows.size > 0) this.violations.push(`at rest: ${this.#rows.size} rows left`);
    if (this.fleet.processes.size > 0)
      this.violations.push(`orphan: ${[...this.fleet.processes.keys()].join()}`);
    if (this.#alarmMs !== null) this.violations.push('at rest: an alarm is set');
    this.violations.push(...this.#checker.compare(this.#ledger), ...this.#warmth.broken);
  }

  #check(host: PoolHost): void {
    this.violations.push(...checkPool(this.#settings, { state: host.state, wakeMs: host.wakeMs }));
    if (this.fleet.countRunning() > this.#options.settings.replicasMax)
      this.violations.push('double start: more processes than allowed');
  }

  #ports(): PoolPorts {
    const epoch = this.#epoch;
    const stillAlive = (act: () => void): void => {
      // A dead host hears nothing: what comes back for it is lost, as it is when an isolate ends.
      if (epoch === this.#epoch) this.enter(act);
    };
    return {
      now: () => this.clock.nowMs,
      read: () => ({ ledger: this.#ledger, replicas: [...this.#rows.values()] }),
      write: (change) => this.#crashable(() => this.#write(change)),
      setAlarm: (wakeMs) => this.#crashable(() => this.#arm(wakeMs)),
      tell: () => this.#crashable(() => undefined),
      answer: (waiterId, answer) => this.#crashable(() => this.#answer(waiterId, answer)),
      list: (done) => this.#crashable(() => this.fleet.list((outcome) => stillAlive(() => done(outcome)))),
      command: (ref, done) =>
        this.#crashable(() => {
          const row = this.#rows.get(ref.replicaId);
          if (ref.command === 'start' && row?.generation !== ref.generation) {
            this.violations.push(`start before row: ${ref.replicaId}`);
          }
          this.fleet.command(ref, (outcome) => stillAlive(() => done(outcome)));
        }),
    };
  }

  /** Each port call is carried out, then may be the last thing this life of the object did; or it crashes before. */
  #crashable(act: () => void): void {
    this.#calls += 1;
    const { crash } = this.#options;
    const dies =
      this.faulty && ('atCall' in crash ? crash.atCall === this.#calls : this.rng() < crash.chance);
    if (dies && this.rng() < 0.5) throw crashed;
    act();
    if (dies) throw crashed;
  }

  #write(change: PoolWrite): void {
    this.#warmth.observe(change, this.#rows, this.clock.nowMs);
    for (const replica of change.put) this.#rows.set(replica.id, replica);
    for (const id of change.drop) this.#rows.delete(id);
    if (change.ledger !== null) this.#ledger = change.ledger;
    this.#checker.observe(change, this.clock.nowMs);
  }

  #arm(wakeMs: number | null): void {
    this.#alarmMs = wakeMs;
    if (wakeMs === null) return;
    this.clock.after(wakeMs - this.clock.nowMs, () => {
      if (this.#alarmMs !== wakeMs) return;
      this.#alarmMs = null;
      // A crash inside the handler: the platform fires the alarm again.
      if (!this.enter((host) => host.wake())) this.#arm(this.clock.nowMs + drawInteger(this.rng, 1, 2_000));
    });
  }

  #answer(waiterId: string, answer: Result<Grant, Refusal>): void {
    assert(!this.answered.has(waiterId) || !answer.ok, `one grant per waiter: ${waiterId}`);
    this.answered.set(waiterId, answer);
    must(this.onAnswer, 'a listener for answers')(waiterId, answer);
  }

  onAnswer: ((waiterId: string, answer: Result<Grant, Refusal>) => void) | null = null;
}
