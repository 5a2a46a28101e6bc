// One pool: the replicas of one version in one place. A thin shell around the pool host: calls in, rows and alarm out. Waiting
// requests are open calls, kept in memory; everything else is on disk before it is acted on.
import { DurableObject } from 'cloudflare:workers';
import { leaseTtlMs } from '../src/core/pool/pool-settings.ts';
import { performCommand, performHold, performList } from '../src/hosts/pool-backend.ts';
import { HoldTeller } from '../src/hosts/hold-teller.ts';
import { PlanTeller } from '../src/hosts/plan-teller.ts';
import { PoolHost, type PoolPorts } from '../src/hosts/pool-host.ts';
import { PoolInbox } from '../src/hosts/pool-inbox.ts';
import { PoolRecorder, type PoolRecording } from '../src/hosts/pool-recorder.ts';
import { must } from '../src/core/base/assert.ts';
import { err, type Result } from '../src/core/base/result.ts';
import type { Backend } from '../src/backends/backend.ts';
import type { DemandReport } from '../src/core/pool/demand-report.ts';
import type { PrewarmMode } from '../src/core/graph/decide-prewarm.ts';
import type { Expectation } from '../src/core/graph/expect-demand.ts';
import type { Beat, Return } from '../src/core/pool/lease-report.ts';
import type {
  Grant,
  IsolateFlow,
  PoolEvent,
  PoolWord,
  Refusal,
  SlotWaiter,
} from '../src/core/pool/pool-events.ts';
import type { PoolGlance } from '../src/core/pool/glance-pool.ts';
import type { PoolView } from '../src/core/pool/pool-view.ts';
import type { ReplicaReport } from '../src/core/resilience/outcome-tally.ts';
import type { WarmthPlan } from '../src/core/warming/pool-plan.ts';
import type { Env } from '../src/env.ts';
import { poolOutside, type PoolOutside } from './pool-outside.ts';
import { PoolStore } from './pool-store.ts';

type Answer = Result<Grant, Refusal>;

export interface PoolBeat extends Beat {
  readonly reports?: readonly ReplicaReport[];
  readonly flow?: IsolateFlow;
}

/** Slots that come back, and what was seen of the replicas beside them. */
export interface SlotNews {
  readonly returns: readonly Return[];
  readonly reports: readonly ReplicaReport[];
  readonly flow?: IsolateFlow | undefined;
}

export interface BeatAnswer extends PoolWord {
  /** Of the leases that were told, those that the pool no longer knows. */
  readonly lost: readonly string[];
  readonly expiresMs: number;
}

export interface RunExpects {
  readonly run: string;
  readonly graphMode: PrewarmMode;
  /** Of this pool; the first sound one counts. */
  readonly expectations: readonly Expectation[];
}

/** A handler that could not run is tried again after this long; the platform's own retries end after six. */
const alarmRetryMs = 1_000;

export class PoolObject extends DurableObject<Env> {
  readonly #store: PoolStore;
  readonly #waiting = new Map<string, PromiseWithResolvers<Answer>>();
  readonly #inbox: PoolInbox;
  #host: PoolHost | null = null;
  /** One for all hosts: two backends over the same lives would undo each other's writes. */
  #outside: PoolOutside | null = null;
  #teller: PlanTeller | null = null;
  #holds: HoldTeller | null = null;
  #recorder: PoolRecorder | null = null;
  /** Counts hosts: what comes back for an earlier one is not heard. */
  #hosts = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new PoolStore(ctx.storage);
    this.#inbox = new PoolInbox({
      handleAll: (events) => must(this.#host, 'the pool was let go of').handleAll(events),
      nextTurn: () => scheduler.wait(0),
    });
  }

  /** Waits for a slot: resolves with a grant or a refusal, at the latest at the deadline. */
  acquire(pool: string, waiter: SlotWaiter): Promise<Answer> {
    return this.acquireAfter(pool, noNews, waiter);
  }

  /** The same of a request that has just met a failure, once what is told of that was heard. */
  acquireAfter(pool: string, told: SlotNews, waiter: SlotWaiter): Promise<Answer> {
    const inbox = this.#inboxOf(pool);
    const news = eventsOf(told);
    if (this.#waiting.has(waiter.id)) return inbox.post(news).then(() => err({ kind: 'cancelled' }));
    const open = Promise.withResolvers<Answer>();
    this.#waiting.set(waiter.id, open);
    inbox.post([...news, { kind: 'acquire', waiter }]).catch((cause: unknown) => {
      this.#waiting.delete(waiter.id);
      open.reject(cause);
    });
    return open.promise;
  }

  /** The client of a waiting request is gone. */
  cancel(pool: string, waiterId: string): void {
    this.#heard(pool).handle({ kind: 'cancel', waiterId });
    this.#answer(waiterId, err({ kind: 'cancelled' }));
  }

  /** Slots come back, and what was seen of the replicas beside them: that first, so that nobody is sent to one that has just failed. */
  async release(
    pool: string,
    returns: readonly Return[],
    reports: readonly ReplicaReport[] = [],
    flow?: IsolateFlow,
  ): Promise<PoolWord> {
    await this.#inboxOf(pool).post(eventsOf({ returns, reports, flow }));
    return this.#open(pool).word();
  }

  /** An isolate reports its leases: they are renewed, and it hears which ones are gone and whether others wait. */
  async beat(pool: string, { reports = [], flow, ...beat }: PoolBeat): Promise<BeatAnswer> {
    await this.#inboxOf(pool).post([...eventsOf({ returns: [], reports, flow }), { kind: 'beat', ...beat }]);
    const host = this.#open(pool);
    const known = new Set(
      [...host.state.replicas.values()].flatMap((replica) => replica.leases.map(({ id }) => id)),
    );
    return {
      lost: beat.leaseIds.filter((id) => !known.has(id)),
      expiresMs: host.state.nowMs + leaseTtlMs,
      ...host.word(),
    };
  }

  /** An operator opens or closes the circuit of a replica, or of the pool as a target (null). */
  force(pool: string, order: { replicaId: string | null; open: boolean; by: string }): void {
    this.#heard(pool).handle({ kind: 'force', ...order });
  }

  /** The planner's wish, which ends by itself at `untilMs`. */
  plan(pool: string, plan: WarmthPlan): void {
    this.#takePlan(this.#heard(pool), plan);
  }

  #takePlan(host: PoolHost, plan: WarmthPlan): void {
    host.handle({ kind: 'plan', plan });
    this.ctx.waitUntil(this.#holds?.changed(host.state.ledger.plan) ?? Promise.resolve());
  }

  /** What a run on its way expects of this pool, in the place of what it expected before; an empty list takes it back. */
  expect(pool: string, expected: RunExpects): void {
    this.#heard(pool).handle({ kind: 'expect', ...expected });
  }

  /** What happened here after event `sinceSeq` of an earlier report (0 = all there is), and the figures that a plan is made from. */
  report(pool: string, sinceSeq: number): DemandReport {
    return this.#heard(pool).report(sinceSeq);
  }

  /** For whoever routes. Wakes nothing and writes nothing. */
  glance(pool: string): PoolGlance {
    return this.#heard(pool).glance();
  }

  view(pool: string): PoolView {
    return this.#heard(pool).view();
  }

  /** What happened to this pool in this life of its object, from note `from` on; null where nothing is recorded. */
  recording(pool: string, from: number): PoolRecording | null {
    this.#open(pool);
    return this.#recorder?.recording(from) ?? null;
  }

  override async alarm(): Promise<void> {
    const name = this.#store.readName();
    if (name === null) return;
    try {
      this.#heard(name).wake();
    } catch (cause) {
      await this.ctx.storage.setAlarm(Date.now() + alarmRetryMs);
      // eslint-disable-next-line no-console -- a bug in the core must be seen; the pool goes on with its last state.
      console.error('pool alarm failed', name, cause);
      this.#close(cause);
    }
  }

  /** Lets go of a host that has failed, and of the calls that it would have answered: their callers ask again. */
  #close(cause: unknown): void {
    this.#host = null;
    for (const open of this.#waiting.values()) open.reject(cause);
    this.#waiting.clear();
  }

  #inboxOf(pool: string): PoolInbox {
    this.#open(pool);
    return this.#inbox;
  }

  /** The host, once it has decided what came before. */
  #heard(pool: string): PoolHost {
    const host = this.#open(pool);
    this.#inbox.flush();
    return host;
  }

  #open(pool: string): PoolHost {
    if (this.#host !== null) return this.#host;
    if (this.#store.readName() === null) this.#store.writeName(pool);
    this.#outside ??= poolOutside(this.env, pool, this.#store);
    const { settings, backend, hear, isRecorded } = this.#outside;
    this.#hosts += 1;
    this.#teller = new PlanTeller({
      report: (sinceSeq) => this.#open(pool).report(sinceSeq),
      hear,
      take: (plan) => this.#takePlan(this.#open(pool), plan),
      wait: (ms) => scheduler.wait(ms),
    });
    this.#holds =
      backend.capabilities.kind === 'managed-autoscaler'
        ? new HoldTeller({
            pool,
            version: settings.version,
            now: () => Date.now(),
            hold: (command) => performHold(backend, command),
          })
        : null;
    this.#recorder = isRecorded
      ? new PoolRecorder(settings, { nowMs: Date.now(), ...this.#store.read() })
      : null;
    this.#host = new PoolHost(settings, this.#ports(pool, settings.version, backend));
    return this.#host;
  }

  #ports(pool: string, version: string, backend: Backend): PoolPorts {
    const mine = this.#hosts;
    // Two hosts over the same rows would undo each other's writes.
    const hear = async <T>(outcome: Promise<T>, done: (outcome: T) => void): Promise<void> => {
      const value = await outcome;
      if (this.#hosts === mine && this.#host !== null) done(value);
    };
    return {
      now: () => Date.now(),
      read: () => this.#store.read(),
      write: (change) => this.#store.write(change),
      note: (note) => this.#recorder?.note(note),
      setAlarm: (wakeMs) =>
        void (wakeMs === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(wakeMs)),
      command: (ref, done) =>
        this.ctx.waitUntil(hear(performCommand(backend, { ...ref, pool, version }), done)),
      list: (done) => {
        this.ctx.waitUntil(hear(performList(backend, pool), done));
        const plan = this.#host?.state.ledger.plan ?? null;
        this.ctx.waitUntil(this.#holds?.repeat(plan) ?? Promise.resolve());
      },
      answer: (waiterId, answer) => this.#answer(waiterId, answer),
      // A lost word to the planner is said again at the next change; the cron asks in any case.
      tell: () => this.ctx.waitUntil(this.#teller?.tell() ?? Promise.resolve()),
    };
  }

  #answer(waiterId: string, answer: Answer): void {
    this.#waiting.get(waiterId)?.resolve(answer);
    this.#waiting.delete(waiterId);
  }
}

const noNews: SlotNews = { returns: [], reports: [] };

/** What was seen comes first, so that nobody is sent to a replica that has just failed. */
function eventsOf({ returns, reports, flow }: SlotNews): readonly PoolEvent[] {
  const seen: readonly PoolEvent[] =
    reports.length > 0 || flow !== undefined ? [{ kind: 'reports', reports, flow }] : [];
  return [...seen, ...returns.map((back): PoolEvent => ({ kind: 'release', ...back }))];
}
