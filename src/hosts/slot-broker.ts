// Gets slots for the requests of one isolate: from the ones it holds, else from the pool's Durable Object; and takes what is seen of its
// replicas. Steady traffic asks the pool nothing; what it is told, and when, is in pool-teller.ts. Shared by all requests of an isolate, so it
// stores plain data only: every call to the outside uses the ports of the request that makes it.
import { err, ok, type Result } from '../core/base/result.ts';
import type { Grant, SlotOutcome } from '../core/pool/pool-events.ts';
import type { OutcomeClass } from '../core/resilience/outcome-class.ts';
import { waitEndMs } from '../core/resilience/deadline.ts';
import { isLeftOut } from '../core/resilience/pool-health.ts';
import type { BrokerPorts } from './pool-calls.ts';
import { PoolDesk, type HeardVerdict } from './pool-desk.ts';
import { callRetryMs, callTries, PoolTeller, quietly } from './pool-teller.ts';
import type { CallEnd, CallReport, SlotGrant, SlotRefusal, SlotRequest } from './ports.ts';

/** How a call ended after which its request asks again. */
const mayAskAgain: ReadonlySet<SlotOutcome> = new Set(['answer-failed', 'replica-failed']);
/** A request that runs long renews its own lease, in case no pump runs. */
const selfBeatMs = 8_000;

export class SlotBroker {
  readonly #desks = new Map<string, PoolDesk>();
  readonly #teller = new PoolTeller();

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
    this.#teller.handOver(pool, desk, ports);
    const answer = await this.#ask(request, signal, ports).finally(answered);
    const slot = answer.ok ? { ...book.enter(answer.value, ports.now()), pool } : null;
    this.#teller.send(pool, desk, desk.learn(request, answer, ports.now()), ports);
    this.#teller.handOver(pool, desk, ports);
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
    if (mayAskAgain.has(outcome)) this.#teller.sendSoon(pool, desk, returns, ports);
    else this.#teller.send(pool, desk, returns, ports);
    this.#teller.handOver(pool, desk, ports);
    if (desk.isBusy(ports.now())) this.#teller.pump(pool, desk, ports);
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
    this.#teller.send(pool, desk, [], ports);
  }

  /** How the probe of a slot ended whose request goes on. */
  endProbe({ pool, leaseId }: SlotGrant, outcome: OutcomeClass | null, ports: BrokerPorts): void {
    const desk = this.#desk(pool);
    const end = desk.book.endProbe(leaseId, outcome);
    if (end !== null) this.#teller.send(pool, desk, [end], ports);
  }

  /** How long a first token of this pool may take, as far as the pool has said; null = unknown. */
  overdueMs(pool: string): number | null {
    return this.#desks.get(pool)?.heard?.verdict.overdueMs ?? null;
  }

  /** Whether the replica of a slot in use, or its whole pool, is left out, as far as the pool has said. */
  isLeftOut({ pool, replicaId }: SlotGrant): boolean {
    const heard = this.#desks.get(pool)?.heard ?? null;
    return heard !== null && isLeftOut(heard.verdict, replicaId);
  }

  /** Slots of the pool that are kept here and that nobody uses. */
  idleCount(pool: string): number {
    return this.#desks.get(pool)?.book.idleCount ?? 0;
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
    if (beat !== null) await this.#teller.beat(pool, desk, beat, ports);
  }

  /** How often a running request should call `beat`. */
  static readonly selfBeatMs = selfBeatMs;

  async #ask(
    request: SlotRequest,
    signal: AbortSignal,
    ports: BrokerPorts,
  ): Promise<Result<Grant, SlotRefusal>> {
    const { pool, requestId, ...asked } = request;
    for (let attempt = 1; attempt <= callTries; attempt += 1) {
      if (signal.aborted) return err({ kind: 'cancelled' });
      const id = `${requestId}.${crypto.randomUUID().slice(0, 8)}`;
      const cancel = (): void => ports.waitUntil(quietly(ports.calls.cancel(pool, id)));
      signal.addEventListener('abort', cancel, { once: true });
      const debt = this.#desk(pool).settle(ports.now());
      try {
        if (debt === null) return await ports.calls.acquire(pool, { id, ...asked });
        return await ports.calls.acquireAfter(pool, debt.told, { id, ...asked });
      } catch {
        // The call broke; should the object live on, nobody waits under this id any more.
        cancel();
        if (debt !== null) this.#teller.send(pool, this.#desk(pool), debt.failed(), ports);
        if (ports.now() + callRetryMs >= waitEndMs(asked)) return err({ kind: 'deadline' });
        await ports.sleep(callRetryMs);
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    }
    return err({ kind: 'backend-down', retryAfterMs: 1000 });
  }

  #desk(pool: string): PoolDesk {
    const known = this.#desks.get(pool);
    if (known !== undefined) return known;
    const desk = new PoolDesk();
    this.#desks.set(pool, desk);
    return desk;
  }
}
