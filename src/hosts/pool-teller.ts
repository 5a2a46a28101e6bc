// Tells a pool's Durable Object what one isolate owes it: slots that come back, what was seen of replicas, signs of life. What is urgent goes
// at once; for the rest a small pump, kept alive by whichever request came last, gives idle slots back and renews those in use. Owns when the
// pool is called and that nothing is lost when a call breaks; what is to be told is the desk's. Shared by all requests of an isolate: every
// call uses the ports of the request that makes it.
import { holdIdleMs } from '../core/pool/lease-book.ts';
import type { Beat, Return } from '../core/pool/lease-report.ts';
import type { IsolateFlow } from '../core/pool/pool-events.ts';
import type { BrokerPorts } from './pool-calls.ts';
import type { PoolDesk } from './pool-desk.ts';

/** A pool's object that restarts under a call is called again: restarts take well under a second. */
export const callTries = 4;
export const callRetryMs = 150;
/** What one piece of background work tells a pool at most, one thing after the other; what comes later is told by later work. */
const tellsMax = 16;
/** The platform ends background work 30 s after the response; the pump hands over before. */
const pumpMsMax = 20_000;
/** A pump whose request was torn down says nothing: another one takes over this long after its time. */
const handoverMs = holdIdleMs;
/** Where slots go back with each request, what the pool's limit is made of goes with one of them this often. */
const flowEveryMs = 1_000;
/** Looks for idle slots that others wait for, one after the other, in one piece of background work. */
const looksMax = 16;
/** One that has not come by then was torn down with its request. */
const lookLateMs = 100;

export class PoolTeller {
  readonly #pumpUntilMs = new Map<string, number>();
  /** When idle slots are looked through next for those who wait. */
  readonly #lookMs = new Map<string, number>();
  #isolate: string | null = null;

  /** Sends what cannot wait for the next beat, if there is anything. */
  send(pool: string, desk: PoolDesk, returns: readonly Return[], ports: BrokerPorts): void {
    if (returns.length > 0 || desk.isUrgent) ports.waitUntil(this.#tell(pool, desk, returns, ports));
  }

  /** The request whose replica has failed most likely asks for another slot at once, and takes this along; otherwise it is sent all the same. */
  sendSoon(pool: string, desk: PoolDesk, returns: readonly Return[], ports: BrokerPorts): void {
    desk.owe(returns);
    const send = async (): Promise<void> => {
      await ports.sleep(0);
      const debt = desk.takeOwed();
      if (debt.length > 0 || desk.isUrgent) await this.#tell(pool, desk, debt, ports);
    };
    ports.waitUntil(send());
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
        this.handOver(pool, desk, ports);
        returns = desk.hear(word?.verdict, ports.now());
        if (returns.length === 0 && !desk.isUrgent) return;
      } catch {
        telling.failed();
        failures += 1;
        await ports.sleep(callRetryMs);
      }
    }
  }

  /**
   * To be called when a request asks the pool or a slot becomes idle: a slot that is kept here while the pool lets somebody wait goes back,
   * at once where the pool said so, else when a request of this isolate has waited for longer than a free slot takes. The pump looks too
   * late for whoever waits.
   */
  handOver(pool: string, desk: PoolDesk, ports: BrokerPorts): void {
    const nowMs = ports.now();
    const dueMs = desk.book.sweepDueMs(nowMs);
    if (dueMs === null || nowMs < (this.#lookMs.get(pool) ?? -Infinity) + lookLateMs) return;
    this.#lookMs.set(pool, dueMs);
    ports.waitUntil(this.#lookThrough(pool, desk, ports));
  }

  async #lookThrough(pool: string, desk: PoolDesk, ports: BrokerPorts): Promise<void> {
    for (let looks = 0; looks < looksMax; looks += 1) {
      const dueMs = desk.book.sweepDueMs(ports.now());
      if (dueMs === null) break;
      this.#lookMs.set(pool, dueMs);
      await ports.sleep(Math.max(0, dueMs - ports.now()));
      this.send(pool, desk, desk.book.sweep(ports.now(), false), ports);
    }
    this.#lookMs.delete(pool);
  }

  pump(pool: string, desk: PoolDesk, ports: BrokerPorts): void {
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
    const returns = [...desk.takeOwed(), ...book.sweep(ports.now(), last)];
    // Reports that no beat will take along.
    const isLeftOver = desk.hasReports && book.unreported === 0 && (last || book.size === 0);
    // First and on its own: a beat that fails must not cost the pool its slots.
    if (returns.length > 0 || desk.isUrgent || isLeftOver) await this.#tell(pool, desk, returns, ports);
    const beat = last && book.unreported > 0 ? book.flush(ports.now()) : book.beat(ports.now());
    if (beat !== null) await this.beat(pool, desk, beat, ports);
  }

  async beat(pool: string, desk: PoolDesk, beat: Beat, ports: BrokerPorts): Promise<void> {
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
      this.handOver(pool, desk, ports);
      this.send(pool, desk, desk.hear(answer.verdict, ports.now()), ports);
    } catch (cause) {
      // Should the object have counted it all the same, some requests are counted twice: rare, and better than not at all.
      telling.failed();
      book.unsent(beat);
      this.send(pool, desk, [], ports);
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
}

/** Background talk that fails is made good by the lease's expiry or the next beat; it must not fail the request. */
export async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
