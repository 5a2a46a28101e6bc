// Gets slots for the requests of one isolate: from the ones it holds, else from the pool's Durable Object. Steady traffic asks the
// pool nothing; a small pump, kept alive by whichever request came last, gives idle slots back and renews those in use. Shared by
// all requests of an isolate, so it stores plain data only: every call to the outside uses the ports of the request that makes it.
import { err, ok, type Result } from '../core/base/result.ts';
import { LeaseBook, holdIdleMs, type Beat, type Return } from '../core/pool/lease-book.ts';
import type { Grant, Refusal, SlotOutcome, SlotWaiter } from '../core/pool/pool-events.ts';
import type { SlotGrant, SlotRefusal, SlotRequest } from './ports.ts';

/** The pool's Durable Object, as one request can call it. Calls may throw when the object restarts. */
export interface PoolCalls {
  acquire(pool: string, waiter: SlotWaiter): Promise<Result<Grant, Refusal>>;
  cancel(pool: string, waiterId: string): Promise<void>;
  release(pool: string, returns: readonly Return[]): Promise<unknown>;
  beat(pool: string, beat: Beat): Promise<{ lost: readonly string[]; expiresMs: number; contended: boolean }>;
}

/** What one request lends the broker while it runs. */
export interface BrokerPorts {
  readonly calls: PoolCalls;
  now(): number;
  sleep(ms: number): Promise<void>;
  waitUntil(work: Promise<unknown>): void;
}

/** A pool's object that restarts under a call is called again: restarts take well under a second. */
const callTries = 4;
const callRetryMs = 150;
/** The platform ends background work 30 s after the response; the pump hands over before. */
const pumpMsMax = 20_000;
/** A pump whose request was torn down says nothing: another one takes over this long after its time. */
const handoverMs = holdIdleMs;
/** A request that runs long renews its own lease, in case no pump runs. */
const selfBeatMs = 8_000;

export class SlotBroker {
  readonly #books = new Map<string, LeaseBook>();
  readonly #pumpUntilMs = new Map<string, number>();

  /** Waits for a slot until one is there, the deadline passes, or `signal` fires. Never throws. */
  async acquire(
    request: SlotRequest,
    signal: AbortSignal,
    ports: BrokerPorts,
  ): Promise<Result<SlotGrant, SlotRefusal>> {
    const book = this.#book(request.pool);
    const held = signal.aborted ? null : book.take(ports.now(), request.tenant, request.avoid);
    if (held !== null) return ok({ ...held, pool: request.pool });
    const answered = book.ask(ports.now());
    const answer = await this.#ask(request, signal, ports).finally(answered);
    if (!answer.ok) return answer;
    const slot = { ...book.enter(answer.value, ports.now()), pool: request.pool };
    if (!signal.aborted) return ok(slot);
    this.release(slot, 'client-gone', ports);
    return err({ kind: 'cancelled' });
  }

  /** Gives a slot back. Returns at once; what the pool must hear goes out in the background. */
  release(grant: SlotGrant, outcome: SlotOutcome, ports: BrokerPorts): void {
    const book = this.#book(grant.pool);
    const returns = book.giveBack(grant.leaseId, outcome, ports.now());
    if (returns.length > 0) ports.waitUntil(this.#giveBack(grant.pool, returns, ports));
    if (book.size > 0 || book.unreported > 0) this.#pump(grant.pool, book, ports);
  }

  /** A request that runs long is alive: renews its slot and, when nobody else does, what this isolate holds of the pool. */
  async beat(grant: SlotGrant, ports: BrokerPorts): Promise<void> {
    const { pool } = grant;
    const book = this.#book(pool);
    book.touch(grant.leaseId, ports.now());
    const beat = book.beat(ports.now());
    if (beat !== null) await this.#send(pool, book, beat, ports);
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

  /** Never throws: a slot that the pool does not hear of in the end is free when its lease runs out. */
  async #giveBack(pool: string, returns: readonly Return[], ports: BrokerPorts): Promise<void> {
    for (let attempt = 1; attempt <= callTries; attempt += 1) {
      try {
        await ports.calls.release(pool, returns);
        return;
      } catch {
        await ports.sleep(callRetryMs);
      }
    }
  }

  #pump(pool: string, book: LeaseBook, ports: BrokerPorts): void {
    const nowMs = ports.now();
    if ((this.#pumpUntilMs.get(pool) ?? 0) > nowMs) return;
    const untilMs = nowMs + pumpMsMax;
    this.#pumpUntilMs.set(pool, untilMs + handoverMs);
    ports.waitUntil(quietly(this.#runPump(pool, book, untilMs, ports)));
  }

  async #runPump(pool: string, book: LeaseBook, untilMs: number, ports: BrokerPorts): Promise<void> {
    try {
      while (ports.now() < untilMs && (book.size > 0 || book.unreported > 0)) {
        await ports.sleep(holdIdleMs);
        await quietly(this.#tellPool(pool, book, false, ports));
      }
    } finally {
      // One that was stopped for long and comes back finds another in its place, and leaves that alone.
      if (this.#pumpUntilMs.get(pool) === untilMs + handoverMs) this.#pumpUntilMs.delete(pool);
      await this.#tellPool(pool, book, true, ports);
    }
  }

  async #tellPool(pool: string, book: LeaseBook, last: boolean, ports: BrokerPorts): Promise<void> {
    const returns = book.sweep(ports.now(), last);
    const beat = last && book.unreported > 0 ? book.flush(ports.now()) : book.beat(ports.now());
    // First and on its own: a beat that fails must not cost the pool its slots.
    if (returns.length > 0) await this.#giveBack(pool, returns, ports);
    if (beat !== null) await this.#send(pool, book, beat, ports);
  }

  async #send(pool: string, book: LeaseBook, beat: Beat, ports: BrokerPorts): Promise<void> {
    try {
      book.hear(await ports.calls.beat(pool, beat));
    } catch (cause) {
      // Should the object have counted it all the same, some requests are counted twice: rare, and better than not at all.
      book.unsent(beat);
      throw cause;
    }
  }

  #book(pool: string): LeaseBook {
    const known = this.#books.get(pool);
    if (known !== undefined) return known;
    const book = new LeaseBook();
    this.#books.set(pool, book);
    return book;
  }
}

/** Background talk that fails is made good by the lease's expiry or the next beat; it must not fail the request. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
