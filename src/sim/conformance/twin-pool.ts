// One pool of the twin: the production host and its word with the planner, over rows in memory and a backend that does as it is told in
// the times that were measured. Owns the ports and what was commanded; twin-program.ts owns time, visitors and the planner.
import { err, ok, type Result } from '../../core/base/result.ts';
import type { Grant, Refusal } from '../../core/pool/pool-events.ts';
import type { PoolSettings } from '../../core/pool/pool-settings.ts';
import { emptyLedger, type PoolLedger, type Replica } from '../../core/pool/pool-state.ts';
import type { BackendFailure, ReplicaSighting } from '../../core/pool/sighting.ts';
import type { DemandReport } from '../../core/pool/demand-report.ts';
import type { WarmthPlan } from '../../core/warming/pool-plan.ts';
import { PlanTeller } from '../../hosts/plan-teller.ts';
import type { PoolNote } from '../../hosts/pool-recorder.ts';
import { PoolHost, type CommandRef, type PoolPorts, type PoolWrite } from '../../hosts/pool-host.ts';
import type { CommandTimes } from './command-times.ts';
import type { GivenCommand } from './pool-command.ts';
import type { VirtualTime } from './virtual-time.ts';

export type Answer = Result<Grant, Refusal>;
type Reply = Result<ReplicaSighting | null, BackendFailure>;
type Condition = ReplicaSighting['condition'];

export interface TwinPoolWorld {
  readonly time: VirtualTime;
  readonly times: CommandTimes;
  /** Between two objects, one way. */
  readonly hopMs: number;
  hear(pool: string, report: DemandReport): WarmthPlan | null;
  answer(waiterId: string, answer: Answer): void;
  /** Hears what happens to each pool, as a record does. */
  readonly note?: (pool: string, note: PoolNote) => void;
}

interface Process {
  readonly generation: number;
  condition: Condition;
  /** When the command under way is carried out. */
  dueMs: number;
}

/** What a replica is once its command is carried out. */
const conditionAfter = { start: 'ready', wake: 'ready', park: 'parked' } as const;

export class TwinPool {
  readonly host: PoolHost;
  readonly commands: GivenCommand[] = [];
  readonly #settings: PoolSettings;
  readonly #world: TwinPoolWorld;
  readonly #rows = new Map<string, Replica>();
  readonly #processes = new Map<string, Process>();
  readonly #teller: PlanTeller;
  #ledger: PoolLedger = emptyLedger;
  #alarmMs: number | null = null;

  constructor(settings: PoolSettings, world: TwinPoolWorld) {
    this.#settings = settings;
    this.#world = world;
    const { time, hopMs } = world;
    this.#teller = new PlanTeller({
      report: (sinceSeq) => this.host.report(sinceSeq),
      hear: async (report) => {
        await time.sleep(hopMs);
        const plan = world.hear(settings.pool, report);
        await time.sleep(hopMs);
        return plan;
      },
      take: (plan) => this.host.handle({ kind: 'plan', plan }),
      wait: (ms) => time.sleep(ms),
    });
    this.host = new PoolHost(settings, this.#ports());
  }

  #ports(): PoolPorts {
    const { time, hopMs, answer, note } = this.#world;
    const { pool } = this.#settings;
    return {
      now: () => time.nowMs,
      read: () => ({ ledger: this.#ledger, replicas: [...this.#rows.values()] }),
      write: (change) => this.#write(change),
      command: (ref, done) => this.#command(ref, done),
      list: (done) =>
        time.after(2 * hopMs, () => done(ok([...this.#processes.keys()].map((id) => this.#see(id))))),
      answer,
      tell: () => void this.#teller.tell(),
      setAlarm: (wakeMs) => this.#setAlarm(wakeMs),
      ...(note === undefined ? {} : { note: (each) => note(pool, each) }),
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
    this.#world.time.at(wakeMs, () => {
      if (this.#alarmMs !== wakeMs) return;
      this.#alarmMs = null;
      this.host.wake();
    });
  }

  #command(ref: CommandRef, done: (reply: Reply) => void): void {
    const { command, replicaId } = ref;
    const { time } = this.#world;
    const known = this.#processes.get(replicaId);
    // A start that is polled again is the same command.
    const isPoll = command === 'start' && known !== undefined;
    const dueMs = isPoll ? known.dueMs : this.#begin(ref);
    const replyMs = command === 'start' ? Math.min(dueMs, time.nowMs + ref.waitMs) : dueMs;
    time.at(replyMs, () => {
      const process = this.#processes.get(replicaId);
      if (command === 'stop') {
        this.#processes.delete(replicaId);
        return done(ok(null));
      }
      if (process === undefined) return done(err({ kind: 'not-found', message: 'gone' }));
      if (time.nowMs >= dueMs) process.condition = conditionAfter[command];
      done(ok(this.#see(replicaId)));
    });
  }

  /** Notes a new command; returns when it will be carried out. */
  #begin({ command, replicaId, generation }: CommandRef): number {
    const { time, times } = this.#world;
    const { pool } = this.#settings;
    const askedMs = time.nowMs;
    const doneMs = askedMs + times.take({ pool, command, generation });
    this.commands.push({ pool, command, replicaId, generation, askedMs, doneMs });
    const process = this.#processes.get(replicaId) ?? {
      generation,
      condition: 'loading' as const,
      dueMs: doneMs,
    };
    process.dueMs = doneMs;
    this.#processes.set(replicaId, process);
    return doneMs;
  }

  #see(id: string): ReplicaSighting {
    const { generation, condition } = this.#processes.get(id) ?? { generation: 0, condition: 'failed' };
    return { id, generation, condition, endpoint: `http://${id}`, loadMs: null, wakeMs: null, reason: null };
  }
}
