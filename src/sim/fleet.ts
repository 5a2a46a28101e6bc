// A backend in virtual time: processes that start, load, park, fail, hang and die, behind a network that loses requests and
// replies and delays both. Follows gpu-workers/CONTRACT.md, as the agent does.
import { err, ok, type Result } from '../core/base/result.ts';
import type { Rng } from '../core/base/rng.ts';
import type { CommandRef } from '../hosts/pool-host.ts';
import type { BackendFailure, ReplicaSighting } from '../core/pool/sighting.ts';
import type { SimClock } from './clock.ts';

/** Chances are per call or per start; times are drawn uniformly from [0, max]. */
export interface FleetFaults {
  readonly loseRequest: number;
  readonly loseReply: number;
  readonly startFails: number;
  readonly startHangs: number;
  /** Whether this backend cannot park at all. */
  readonly refusesPark: boolean;
  readonly delayMsMax: number;
  readonly loadMsMax: number;
}

interface Process {
  readonly id: string;
  readonly generation: number;
  condition: ReplicaSighting['condition'];
  readyAtMs: number;
}

type Reply = Result<ReplicaSighting | null, BackendFailure>;

const refTimeoutMs = 5_000;

export class SimFleet {
  readonly processes = new Map<string, Process>();
  /** Highest generation of each id that was ever started or stopped: nothing at or below a stopped one starts again. */
  readonly #stopped = new Map<string, number>();
  readonly #clock: SimClock;
  readonly #rng: Rng;
  readonly #faults: FleetFaults;
  /** Whether requests run on a replica; a busy one refuses to park. */
  isBusy: (replicaId: string) => boolean = () => false;
  down = false;
  starts = 0;

  constructor(clock: SimClock, rng: Rng, faults: FleetFaults) {
    this.#clock = clock;
    this.#rng = rng;
    this.#faults = faults;
  }

  /** The agent dies and takes its processes with it. */
  crash(): void {
    this.down = true;
    this.processes.clear();
  }

  recover(): void {
    this.down = false;
  }

  /** Processes that run; one that failed is only remembered. */
  countRunning(): number {
    return [...this.processes.values()].filter((process) => process.condition !== 'failed').length;
  }

  killOne(): void {
    const victim = [...this.processes.values()].at(Math.floor(this.#rng() * this.processes.size));
    if (victim !== undefined) victim.condition = 'failed';
  }

  /** One replica refuses new requests from now on, or takes them again. */
  drainOne(): void {
    const one = [...this.processes.values()].at(Math.floor(this.#rng() * this.processes.size));
    if (one?.condition === 'ready') one.condition = 'draining';
    else if (one?.condition === 'draining') one.condition = 'ready';
  }

  command(ref: CommandRef, done: (reply: Reply) => void): void {
    this.#carry(() => this.#execute(ref, done), done);
  }

  list(done: (reply: Result<readonly ReplicaSighting[], BackendFailure>) => void): void {
    this.#carry(
      () => this.#answer(() => done(ok([...this.processes.values()].map((each) => this.#see(each)))), done),
      done,
    );
  }

  /** The way there: lost, refused by a dead agent, or delivered after a while. */
  #carry(deliver: () => void, done: (reply: { ok: false; error: BackendFailure }) => void): void {
    if (this.#rng() < this.#faults.loseRequest) {
      return this.#clock.after(refTimeoutMs, () => done(err({ kind: 'timeout', message: 'lost' })));
    }
    this.#clock.after(this.#delay(), () => {
      if (this.down) return done(err({ kind: 'unreachable', message: 'refused' }));
      deliver();
    });
  }

  /** The way back: lost, or delivered after a while. */
  #answer(deliver: () => void, done: (reply: { ok: false; error: BackendFailure }) => void): void {
    const lost = this.#rng() < this.#faults.loseReply;
    this.#clock.after(lost ? refTimeoutMs : this.#delay(), () => {
      if (lost) done(err({ kind: 'timeout', message: 'reply lost' }));
      else deliver();
    });
  }

  #execute(ref: CommandRef, done: (reply: Reply) => void): void {
    const reply = (value: Reply): void => this.#answer(() => done(value), done);
    switch (ref.command) {
      case 'start':
        return this.#start(ref, reply);
      case 'stop':
        this.#stopped.set(ref.replicaId, Math.max(ref.generation, this.#stopped.get(ref.replicaId) ?? 0));
        this.processes.delete(ref.replicaId);
        return reply(ok(null));
      case 'park':
      case 'wake':
        return this.#turn(ref, reply);
    }
  }

  #start(ref: CommandRef, reply: (value: Reply) => void): void {
    const known = this.processes.get(ref.replicaId);
    const stopped = this.#stopped.get(ref.replicaId) ?? 0;
    if (stopped >= ref.generation) {
      return reply(err({ kind: 'stale-generation', message: 'stopped', knownGeneration: stopped }));
    }
    if (known === undefined) this.#spawn(ref);
    this.#poll(ref, this.#clock.nowMs + ref.waitMs, reply);
  }

  #spawn(ref: CommandRef): void {
    this.starts += 1;
    const hangs = this.#rng() < this.#faults.startHangs;
    const readyAtMs = hangs ? Infinity : this.#clock.nowMs + Math.floor(this.#rng() * this.#faults.loadMsMax);
    const condition = this.#rng() < this.#faults.startFails ? 'failed' : 'loading';
    this.processes.set(ref.replicaId, {
      id: ref.replicaId,
      generation: ref.generation,
      condition,
      readyAtMs,
    });
  }

  /** The long poll of a start. */
  #poll(ref: CommandRef, untilMs: number, reply: (value: Reply) => void): void {
    const process = this.processes.get(ref.replicaId);
    if (process === undefined) return reply(err({ kind: 'not-found', message: 'gone' }));
    this.#ripen(process);
    const waitMs = Math.min(untilMs, process.readyAtMs) - this.#clock.nowMs;
    if (process.condition !== 'loading' || waitMs <= 0) return reply(ok(this.#see(process)));
    this.#clock.after(waitMs, () => this.#poll(ref, untilMs, reply));
  }

  #turn(ref: CommandRef, reply: (value: Reply) => void): void {
    const process = this.processes.get(ref.replicaId);
    if (process === undefined || process.generation !== ref.generation) {
      return reply(err({ kind: 'not-found', message: 'gone' }));
    }
    if (ref.command === 'park' && this.#faults.refusesPark)
      return reply(err({ kind: 'unsupported', message: 'cannot park' }));
    if (ref.command === 'park' && this.isBusy(ref.replicaId))
      return reply(err({ kind: 'busy', message: 'busy' }));
    if (process.condition !== 'failed') process.condition = ref.command === 'park' ? 'parked' : 'ready';
    reply(ok(this.#see(process)));
  }

  #see(process: Process): ReplicaSighting {
    this.#ripen(process);
    const { id, generation, condition } = process;
    return { id, generation, condition, endpoint: `http://${id}`, loadMs: 1, wakeMs: 1, reason: null };
  }

  #ripen(process: Process): void {
    if (process.condition === 'loading' && process.readyAtMs <= this.#clock.nowMs)
      process.condition = 'ready';
  }

  #delay(): number {
    return Math.floor(this.#rng() * this.#faults.delayMsMax);
  }
}
