// A pool's Durable Object as its callers see it: slots, a queue, leases that are granted, renewed and given back, what it is told of its
// replicas and what it says of them, calls that fail.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { Beat, Return } from '../../../src/core/pool/lease-report.ts';
import type {
  Grant,
  IsolateFlow,
  PoolWord,
  Refusal,
  SlotWaiter,
} from '../../../src/core/pool/pool-events.ts';
import type { ReplicaReport } from '../../../src/core/resilience/outcome-tally.ts';
import type { HealthVerdict } from '../../../src/core/resilience/pool-health.ts';
import type { PoolCalls } from '../../../src/hosts/pool-calls.ts';

type Answer = Result<Grant, Refusal>;

export const wellVerdict: HealthVerdict = {
  targetOpen: false,
  probeDueMs: null,
  ejected: [],
  overdueMs: 300,
  firstTokenMsP50: 50,
  firstTokenMsP95: 90,
};

export class FakePool implements PoolCalls {
  readonly leases = new Set<string>();
  /** Every call by name, in order. */
  readonly calls: string[] = [];
  readonly returned: Return[] = [];
  readonly asked: string[] = [];
  readonly cancelled: string[] = [];
  readonly waiters: SlotWaiter[] = [];
  /** Reports that arrived, call by call. */
  readonly reports: (readonly ReplicaReport[])[] = [];
  readonly flows: IsolateFlow[] = [];
  /** Told with every answer; undefined, as an object of an earlier version. */
  verdict: HealthVerdict | undefined = undefined;
  /** Of the next grants, in order; then replica r1 without permits. */
  readonly nextGrants: Partial<Grant>[] = [];
  /** When set, every call waits for it before it arrives. */
  gate: Promise<void> | null = null;
  reused = 0;
  /** The same by tenant. */
  readonly tenants = new Map<string, number>();
  /** How many of the next calls of this name break, as when the object restarts. */
  readonly broken: Record<string, number> = {};
  /** When true, a cancel comes too late to change anything. */
  deaf = false;
  readonly #slots: number;
  readonly #now: () => number;
  #waiting: { readonly id: string; readonly answer: (answer: Answer) => void }[] = [];
  #granted = 0;

  constructor(slots: number, now: () => number) {
    this.#slots = slots;
    this.#now = now;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  count(name: string): number {
    return this.calls.filter((call) => call === name).length;
  }

  async acquire(_pool: string, waiter: SlotWaiter): Promise<Answer> {
    await this.#enter('acquire');
    return this.#ask(waiter);
  }

  async acquireAfter(
    _pool: string,
    { returns, reports }: { readonly returns: readonly Return[]; readonly reports: readonly ReplicaReport[] },
    waiter: SlotWaiter,
  ): Promise<Answer> {
    await this.#enter('acquireAfter');
    this.#hear(returns, reports);
    return this.#ask(waiter);
  }

  #ask(waiter: SlotWaiter): Promise<Answer> {
    this.asked.push(waiter.id);
    this.waiters.push(waiter);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiting.push({ id: waiter.id, answer: resolve });
    this.#grant();
    return promise;
  }

  async cancel(_pool: string, waiterId: string): Promise<void> {
    await this.#enter('cancel');
    this.cancelled.push(waiterId);
    if (this.deaf) return;
    const gone = this.#waiting.find(({ id }) => id === waiterId);
    this.#waiting = this.#waiting.filter((each) => each !== gone);
    gone?.answer(err({ kind: 'cancelled' }));
  }

  async release(
    _pool: string,
    returns: readonly Return[],
    reports?: readonly ReplicaReport[],
    flow?: IsolateFlow,
  ): Promise<Partial<PoolWord> | undefined> {
    await this.#enter('release');
    this.#hear(returns, reports ?? []);
    if (flow !== undefined) this.flows.push(flow);
    return this.verdict && { contended: this.#waiting.length > 0, verdict: this.verdict };
  }

  #hear(returns: readonly Return[], reports: readonly ReplicaReport[]): void {
    this.returned.push(...returns);
    if (reports.length > 0) this.reports.push(reports);
    for (const { leaseId } of returns) this.leases.delete(leaseId);
    this.#grant();
  }

  async beat(
    _pool: string,
    beat: Beat & { readonly reports?: readonly ReplicaReport[]; readonly flow?: IsolateFlow },
  ): Promise<{
    lost: readonly string[];
    expiresMs: number;
    contended: boolean;
    verdict?: HealthVerdict;
  }> {
    await this.#enter('beat');
    if (beat.reports !== undefined) this.reports.push(beat.reports);
    if (beat.flow !== undefined) this.flows.push(beat.flow);
    this.reused += beat.reused;
    for (const { tenant, count } of beat.tenants)
      this.tenants.set(tenant, (this.tenants.get(tenant) ?? 0) + count);
    return {
      lost: beat.leaseIds.filter((id) => !this.leases.has(id)),
      expiresMs: this.#now() + 30_000,
      contended: this.#waiting.length > 0,
      ...(this.verdict && { verdict: this.verdict }),
    };
  }

  async #enter(name: string): Promise<void> {
    this.calls.push(name);
    const left = this.broken[name] ?? 0;
    this.broken[name] = Math.max(0, left - 1);
    if (this.gate !== null) await this.gate;
    if (left > 0) throw new Error('the object was reset');
  }

  #grant(): void {
    while (this.leases.size < this.#slots && this.#waiting.length > 0) {
      const waiter = this.#waiting.shift();
      const leaseId = `l${(this.#granted += 1)}`;
      this.leases.add(leaseId);
      const contended = this.#waiting.length > 0;
      const expiresMs = this.#now() + 30_000;
      const where = { replicaId: 'r1', endpoint: 'http://r1', warmth: 'hot' as const };
      const grant = { leaseId, ...where, expiresMs, contended, ...this.nextGrants.shift() };
      waiter?.answer(ok({ ...grant, ...(this.verdict && { verdict: this.verdict }) }));
    }
  }
}
