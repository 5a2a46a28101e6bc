// One pool of the production code in virtual time: the host of `src/hosts/pool-host.ts` over rows in memory and a fleet without faults,
// whose commands take no time but the load or the wake itself. Owns the ports; host-replay.ts owns time and requests.
import { must } from '../../core/base/assert.ts';
import { err, ok, type Result } from '../../core/base/result.ts';
import type { Grant, PoolEvent } from '../../core/pool/pool-events.ts';
import type { PoolSettings } from '../../core/pool/pool-settings.ts';
import { emptyLedger, type Life, type PoolLedger, type Replica } from '../../core/pool/pool-state.ts';
import type { BackendFailure, ReplicaSighting } from '../../core/pool/sighting.ts';
import { PoolHost, type CommandRef, type PoolPorts, type PoolWrite } from '../../hosts/pool-host.ts';

/** What a pool needs of the world around it. */
export interface HostPoolWorld {
  readonly loadMs: number;
  readonly wakeMs: number;
  now(): number;
  /** Runs `act` after everything of the same moment that was asked for earlier. */
  after(delayMs: number, act: () => void): void;
  /** The same, but after everything else that happens at that moment, new requests excepted. */
  alarmAfter(delayMs: number, act: () => void): void;
  granted(waiterId: string, grant: Grant): void;
}

interface Process {
  readonly id: string;
  readonly generation: number;
  condition: ReplicaSighting['condition'];
  readyMs: number;
}

type Reply = Result<ReplicaSighting | null, BackendFailure>;

export class HostPool {
  /** Processes that were started in all. */
  starts = 0;
  readonly #world: HostPoolWorld;
  readonly #host: PoolHost;
  readonly #rows = new Map<string, Replica>();
  readonly #processes = new Map<string, Process>();
  #ledger: PoolLedger = emptyLedger;
  #alarmMs: number | null = null;

  constructor(settings: PoolSettings, world: HostPoolWorld) {
    this.#world = world;
    this.#host = new PoolHost(settings, this.#ports());
  }

  handle(event: PoolEvent): void {
    this.#host.handle(event);
  }

  /** What the replicas of this pool that are gone did with their lives. */
  get pastLife(): Life {
    return this.#ledger.past.life;
  }

  /** Nothing is left that costs anything. */
  get isAtRest(): boolean {
    return this.#rows.size === 0 && this.#processes.size === 0 && this.#alarmMs === null;
  }

  #ports(): PoolPorts {
    return {
      now: () => this.#world.now(),
      read: () => ({ ledger: this.#ledger, replicas: [...this.#rows.values()] }),
      write: (change) => this.#write(change),
      command: (ref, done) => this.#command(ref, done),
      list: (done) =>
        this.#world.after(0, () => done(ok([...this.#processes.values()].map((each) => this.#see(each))))),
      answer: (waiterId, answer) => {
        if (!answer.ok) throw new Error(`a request was refused: ${answer.error.kind}`);
        this.#world.granted(waiterId, answer.value);
      },
      tell: () => undefined,
      setAlarm: (wakeMs) => this.#setAlarm(wakeMs),
    };
  }

  #write(change: PoolWrite): void {
    this.#ledger = change.ledger ?? this.#ledger;
    for (const replica of change.put) this.#rows.set(replica.id, replica);
    for (const id of change.drop) this.#rows.delete(id);
  }

  #setAlarm(wakeMs: number | null): void {
    this.#alarmMs = wakeMs;
    if (wakeMs === null) return;
    this.#world.alarmAfter(wakeMs - this.#world.now(), () => {
      if (this.#alarmMs !== wakeMs) return;
      this.#alarmMs = null;
      this.#host.wake();
    });
  }

  #command(ref: CommandRef, done: (reply: Reply) => void): void {
    switch (ref.command) {
      case 'start':
        return this.#start(ref, done);
      case 'wake':
        return this.#turn(ref, 'waking', done);
      case 'park':
        return this.#turn(ref, 'parked', done);
      case 'stop':
        this.#processes.delete(ref.replicaId);
        return this.#world.after(0, () => done(ok(null)));
    }
  }

  /** The backend holds the call open until the replica is ready, at most for as long as the pool allows. */
  #start(ref: CommandRef, done: (reply: Reply) => void): void {
    const { replicaId: id, generation } = ref;
    const nowMs = this.#world.now();
    let process = this.#processes.get(id);
    if (process === undefined) {
      process = { id, generation, condition: 'loading', readyMs: nowMs + this.#world.loadMs };
      this.#processes.set(id, process);
      this.starts += 1;
    }
    this.#reply(id, Math.min(ref.waitMs, Math.max(0, process.readyMs - nowMs)), done);
  }

  #turn(ref: CommandRef, condition: 'waking' | 'parked', done: (reply: Reply) => void): void {
    const process = must(
      this.#processes.get(ref.replicaId),
      'a process for each replica that is hot or parked',
    );
    const takesMs = condition === 'waking' ? this.#world.wakeMs : 0;
    if (process.condition !== condition) process.readyMs = this.#world.now() + takesMs;
    process.condition = condition;
    this.#reply(ref.replicaId, Math.max(0, process.readyMs - this.#world.now()), done);
  }

  #reply(id: string, afterMs: number, done: (reply: Reply) => void): void {
    this.#world.after(afterMs, () => {
      const process = this.#processes.get(id);
      done(process === undefined ? err({ kind: 'not-found', message: 'gone' }) : ok(this.#see(process)));
    });
  }

  #see(process: Process): ReplicaSighting {
    const moves = process.condition === 'loading' || process.condition === 'waking';
    if (moves && process.readyMs <= this.#world.now()) process.condition = 'ready';
    const { id, generation, condition } = process;
    return { id, generation, condition, endpoint: `http://${id}`, loadMs: null, wakeMs: null, reason: null };
  }
}
