// Gets slots for the requests of one isolate: from the ones it holds, else from the pool's Durable Object, and tells the pool what its
// replicas did. Steady traffic asks the pool nothing; a small pump, kept alive by whichever request came last, gives idle slots back and
// renews those in use. Shared by all requests of an isolate, so it stores plain data only: every call to the outside uses the ports of
// the request that makes it.
import { err, ok, type Result } from '../core/base/result.ts';
import { holdIdleMs, type Beat, type Return } from '../core/pool/lease-book.ts';
import type {
  Grant,
  IsolateFlow,
  PoolWord,
  Refusal,
  SlotOutcome,
  SlotWaiter,
} from '../core/pool/pool-events.ts';
import type { OutcomeClass } from '../core/resilience/outcome-class.ts';
import type { ReplicaReport } from '../core/resilience/outcome-tally.ts';
import type { HealthVerdict } from '../core/resilience/pool-health.ts';
import { PoolDesk, type HeardVerdict } from './pool-desk.ts';
import type { CallEnd, CallReport, SlotGrant, SlotRefusal, SlotRequest } from './ports.ts';

/**
 * The pool's Durable Object, as one request can call it. Calls may throw when the object restarts. An object of an earlier version
 * answers a release with nothing and has no verdict.
 */
export interface PoolCalls {
  acquire(pool: string, waiter: SlotWaiter): Promise<Result<Grant, Refusal>>;
  cancel(pool: string, waiterId: string): Promise<void>;
  release(
    pool: string,
    returns: readonly Return[],
    reports?: readonly ReplicaReport[],
    flow?: IsolateFlow,
  ): Promise<Partial<PoolWord> | undefined>;
  beat(
    pool: string,
    beat: Beat & { readonly reports?: readonly ReplicaReport[]; readonly flow?: IsolateFlow },
  ): Promise<{
    readonly lost: readonly string[];
    readonly expiresMs: number;
    readonly contended: boolean;
    readonly confined?: readonly string[];
    readonly verdict?: HealthVerdict;
  }>;
}

/** What one request lends the broker while it runs. */
export interface BrokerPorts {
  readonly calls: PoolCalls;
  now(): number;
  sleep(ms: number): Promise<void>;
  waitUntil(work: Promise<unknown>): void;
  /** In [0, 1): `Math.random` where it is left out. */
  random?(): number;
}

/** A pool's object that restarts under a call is called again: restarts take well under a second. */
const callTries = 4;
const callRetryMs = 150;
/** What one piece of background work tells a pool at most, one thing after the other; what comes later is told by later work. */
const tellsMax = 16;
/** The platform ends background work 30 s after the response; the pump hands over before. */
const pumpMsMax = 20_000;
/** A pump whose request was torn down says nothing: another one takes over this long after its time. */
const handoverMs = holdIdleMs;
/** Where slots go back with each request, what the pool's limit is made of goes with one of them this often. */
const flowEveryMs = 1_000;
/** A request that runs long renews its own lease, in case no pump runs. */
const selfBeatMs = 8_000;

export class SlotBroker {
  readonly #desks = new Map<string, PoolDesk>();
  readonly #pumpUntilMs = new Map<string, number>();
  #isolate: string | null = null;

  /**
   * Why the request need not begin to ask for its slot: the pool is turning its like away, and no slot is kept; null = it is to ask, with
   * `isLetThrough`, for a second draw would turn away more than is meant.
   */
  turnAway(request: SlotRequest, ports: BrokerPorts): SlotRefusal | null {
    const desk = this.#desk(request.pool);
    if (desk.book.hasIdle(ports.now(), request.tenant)) return null;
    return desk.refuse(request, ports.now(), ports.random ?? Math.random);
  }

  /** Waits for a slot until one is there, the deadline passes, or `signal` fires. Never throws. */
  async acquire(
    request: SlotRequest,
    signal: AbortSignal,
    ports: BrokerPorts,
    isLetThrough = false,
  ): Promise<Result<SlotGrant, SlotRefusal>> {
    const { pool } = request;
    const desk = this.#desk(pool);
    const { book } = desk;
    const held = signal.aborted ? null : book.take(ports.now(), request.tenant, request.avoid);
    if (held !== null) return ok({ ...held, pool });
    if (signal.aborted) return err({ kind: 'cancelled' });
    const refusal = isLetThrough ? null : desk.refuse(request, ports.now(), ports.random ?? Math.random);
    if (refusal !== null) return err(refusal);
    const answered = book.ask(ports.now());
    const answer = await this.#ask(request, signal, ports).finally(answered);
    const slot = answer.ok ? { ...book.enter(answer.value, ports.now()), pool } : null;
    this.#send(pool, desk, desk.learn(request, answer, ports.now()), ports);
    if (!answer.ok) return answer;
    if (slot !== null && !signal.aborted) return ok(slot);
    if (slot !== null) this.release(slot, 'client-gone', ports);
    return err({ kind: 'cancelled' });
  }

  /** Gives a slot back. Returns at once; what the pool must hear goes out in the background. */
  release(grant: SlotGrant, outcome: SlotOutcome, ports: BrokerPorts, end?: CallEnd): void {
    const { pool } = grant;
    const desk = this.#desk(pool);
    if (end !== undefined) desk.flow.end(grant.leaseId, end.tokens, ports.now());
    if (end !== undefined && end.report !== null)
      desk.note({ replicaId: grant.replicaId, ...end.report }, ports.now());
    const returns = desk.book.giveBack(grant.leaseId, outcome, ports.now(), end?.outcome ?? null);
    this.#send(pool, desk, returns, ports);
    if (desk.isBusy(ports.now())) this.#pump(pool, desk, ports);
  }

  /** A call is made on this slot. `streams`: its first token will be seen. */
  begin({ pool, leaseId }: SlotGrant, streams: boolean, ports: BrokerPorts): void {
    this.#desk(pool).flow.begin(leaseId, streams, ports.now());
  }

  firstToken({ pool, leaseId }: SlotGrant, tookMs: number, ports: BrokerPorts): void {
    this.#desk(pool).flow.firstToken(leaseId, tookMs, ports.now());
  }

  /** Tells of a call that goes on. */
  report({ pool, replicaId }: SlotGrant, report: CallReport, ports: BrokerPorts): void {
    const desk = this.#desk(pool);
    desk.note({ replicaId, ...report }, ports.now());
    this.#send(pool, desk, [], ports);
  }

  /** How the probe of a slot ended whose request goes on. */
  endProbe({ pool, leaseId }: SlotGrant, outcome: OutcomeClass | null, ports: BrokerPorts): void {
    const desk = this.#desk(pool);
    const end = desk.book.endProbe(leaseId, outcome);
    if (end !== null) this.#send(pool, desk, [end], ports);
  }

  /** How long a first token of this pool may take, as far as the pool has said; null = unknown. */
  overdueMs(pool: string): number | null {
    return this.#desks.get(pool)?.heard?.verdict.overdueMs ?? null;
  }

  /** What was last heard of each pool. */
  verdicts(): readonly (readonly [pool: string, heard: HeardVerdict])[] {
    return [...this.#desks].flatMap(([pool, { heard }]) => (heard === null ? [] : [[pool, heard] as const]));
  }

  /** A request that runs long is alive: renews its slot and, when nobody else does, what this isolate holds of the pool. */
  async beat(grant: SlotGrant, ports: BrokerPorts): Promise<void> {
    const { pool } = grant;
    const desk = this.#desk(pool);
    desk.book.touch(grant.leaseId, ports.now());
    const beat = desk.book.beat(ports.now());
    if (beat !== null) await this.#beat(pool, desk, beat, ports);
  }

  /** How often a running request should call `beat`. */
  static readonly selfBeatMs = selfBeatMs;

  async #ask(
    request: SlotRequest,
    signal: AbortSignal,
    ports: BrokerPorts,
  ): Promise<Result<Grant, SlotRefusal>> {
    const { pool, requestId, ...asked } = request;
    const { deadlineMs } = asked;
    for (let attempt = 1; attempt <= callTries; attempt += 1) {
      if (signal.aborted) return err({ kind: 'cancelled' });
      const id = `${requestId}.${crypto.randomUUID().slice(0, 8)}`;
      const cancel = (): void => ports.waitUntil(quietly(ports.calls.cancel(pool, id)));
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await ports.calls.acquire(pool, { id, ...asked });
      } catch {
        // The call broke; should the object live on, nobody waits under this id any more.
        cancel();
        if (ports.now() + callRetryMs >= deadlineMs) return err({ kind: 'deadline' });
        await ports.sleep(callRetryMs);
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    }
    return err({ kind: 'backend-down', retryAfterMs: 1000 });
  }

  /** Sends what cannot wait for the next beat, if there is anything. */
  #send(pool: string, desk: PoolDesk, returns: readonly Return[], ports: BrokerPorts): void {
    if (returns.length > 0 || desk.isUrgent) ports.waitUntil(this.#tell(pool, desk, returns, ports));
  }

  /**
   * Gives slots back and tells what was seen, until nothing is urgent any more. Never throws: a slot that the pool does not hear of in
   * the end is free when its lease runs out, and reports go with the next beat.
   */
  async #tell(pool: string, desk: PoolDesk, first: readonly Return[], ports: BrokerPorts): Promise<void> {
    let returns = first;
    let failures = 0;
    for (let tells = 0; tells < tellsMax && failures < callTries; tells += 1) {
      const telling = desk.tell(ports.now());
      const { reports } = telling;
      if (returns.length === 0 && reports.length === 0) return;
      try {
        // Where every slot goes back at once, nothing is held for a beat to renew.
        const isFlowDue = ports.now() - desk.flow.takenMs >= flowEveryMs;
        const flow = isFlowDue ? this.#takeFlow(desk, ports.now()) : undefined;
        const word =
          flow === undefined
            ? await ports.calls.release(pool, returns, ...(reports.length === 0 ? [] : [reports]))
            : await ports.calls.release(pool, returns, reports, flow);
        telling.arrived();
        desk.book.hearWord(word ?? {});
        returns = desk.hear(word?.verdict, ports.now());
        if (returns.length === 0 && !desk.isUrgent) return;
      } catch {
        telling.failed();
        failures += 1;
        await ports.sleep(callRetryMs);
      }
    }
  }

  #pump(pool: string, desk: PoolDesk, ports: BrokerPorts): void {
    const nowMs = ports.now();
    if ((this.#pumpUntilMs.get(pool) ?? 0) > nowMs) return;
    const untilMs = nowMs + pumpMsMax;
    this.#pumpUntilMs.set(pool, untilMs + handoverMs);
    ports.waitUntil(quietly(this.#runPump(pool, desk, untilMs, ports)));
  }

  async #runPump(pool: string, desk: PoolDesk, untilMs: number, ports: BrokerPorts): Promise<void> {
    try {
      while (ports.now() < untilMs && desk.isBusy(ports.now())) {
        const fromMs = ports.now();
        await ports.sleep(holdIdleMs);
        desk.flow.noteLag(ports.now() - fromMs - holdIdleMs);
        await quietly(this.#tellAll(pool, desk, false, ports));
      }
    } finally {
      // One that was stopped for long and comes back finds another in its place, and leaves that alone.
      if (this.#pumpUntilMs.get(pool) === untilMs + handoverMs) this.#pumpUntilMs.delete(pool);
      await this.#tellAll(pool, desk, true, ports);
    }
  }

  async #tellAll(pool: string, desk: PoolDesk, last: boolean, ports: BrokerPorts): Promise<void> {
    const { book } = desk;
    const returns = book.sweep(ports.now(), last);
    // Reports that no beat will take along.
    const isLeftOver = desk.hasReports && book.unreported === 0 && (last || book.size === 0);
    // First and on its own: a beat that fails must not cost the pool its slots.
    if (returns.length > 0 || desk.isUrgent || isLeftOver) await this.#tell(pool, desk, returns, ports);
    const beat = last && book.unreported > 0 ? book.flush(ports.now()) : book.beat(ports.now());
    if (beat !== null) await this.#beat(pool, desk, beat, ports);
  }

  async #beat(pool: string, desk: PoolDesk, beat: Beat, ports: BrokerPorts): Promise<void> {
    const { book } = desk;
    const telling = desk.tell(ports.now());
    const { reports } = telling;
    const flow = this.#takeFlow(desk, ports.now());
    try {
      const answer = await ports.calls.beat(pool, {
        ...beat,
        ...(reports.length > 0 && { reports }),
        // What does not arrive is lost: the next word is of the next moment.
        ...(flow !== undefined && { flow }),
      });
      telling.arrived();
      book.hear(answer);
      this.#send(pool, desk, desk.hear(answer.verdict, ports.now()), ports);
    } catch (cause) {
      // Should the object have counted it all the same, some requests are counted twice: rare, and better than not at all.
      telling.failed();
      book.unsent(beat);
      this.#send(pool, desk, [], ports);
      throw cause;
    }
  }

  #takeFlow(desk: PoolDesk, nowMs: number): IsolateFlow | undefined {
    const phases = desk.flow.take((leaseId) => desk.book.has(leaseId), nowMs);
    return phases === null ? undefined : { isolate: this.#name(), phases };
  }

  /** Tells this isolate from others. Made when it is first needed: chance is only to be had within a request. */
  #name(): string {
    this.#isolate ??= crypto.randomUUID();
    return this.#isolate;
  }

  #desk(pool: string): PoolDesk {
    const known = this.#desks.get(pool);
    if (known !== undefined) return known;
    const desk = new PoolDesk();
    this.#desks.set(pool, desk);
    return desk;
  }
}

/** Background talk that fails is made good by the lease's expiry or the next beat; it must not fail the request. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
