// Lets a tenant's requests through at its rate: from permits that this isolate has at hand, from the store's when it has none, by the isolate's
// own bound when the store says nothing in time. One for an isolate; holds plain data only, every call uses the ports of its request.
import {
  admitLocally,
  decideRate,
  endQuestion,
  noLease,
  takeGrant,
  wantOf,
  type RateDecision,
  type RateLease,
} from '../core/store/rate-lease.ts';
import type { RateLimit } from '../core/store/rate-window.ts';
import { storeTimes } from '../core/store/store-bounds.ts';
import {
  mayAsk,
  noRest,
  noteAnswered,
  noteFault,
  type StoreFault,
  type StoreRest,
} from '../core/store/store-rest.ts';
import type { RateStore } from '../store/edge-store.ts';

/** What one request lends while it runs. */
export interface RatePorts {
  readonly store: RateStore;
  now(): number;
  sleep(ms: number): Promise<void>;
  waitUntil(work: Promise<unknown>): void;
}

/** `by`: who said so, the store (through permits) or the isolate's own bound. */
export type Admission =
  | { readonly kind: 'admitted'; readonly by: 'store' | 'local' }
  | { readonly kind: 'refused'; readonly by: 'store' | 'local'; readonly retryAfterMs: number };

/** How often a request looks whether the question of another one is answered. */
const lookMs = 5;
/** Questions that one request asks or waits for: a store that gives a little each time must not be asked for ever. */
const turnsMax = 8;

export class RateGate {
  /** By tenant, of which there are as many as files. */
  readonly #leases = new Map<string, RateLease>();
  #rest: StoreRest = noRest;

  /** At once when there are permits at hand; else waits for the store, no longer than its bound. Never throws. */
  admit(tenant: string, rate: RateLimit, ports: RatePorts): Admission | Promise<Admission> {
    const decision = this.#decide(tenant, rate, ports);
    return this.#settle(tenant, rate, ports, decision) ?? this.#admitByStore(tenant, rate, ports, decision);
  }

  /** Null: the store must have its say first. */
  #settle(tenant: string, rate: RateLimit, ports: RatePorts, decision: RateDecision): Admission | null {
    switch (decision.kind) {
      case 'admit':
        if (decision.asks) ports.waitUntil(this.#askMore(tenant, rate, ports));
        return { kind: 'admitted', by: 'store' };
      case 'refuse':
        return { kind: 'refused', by: 'store', retryAfterMs: decision.retryAfterMs };
      case 'ask':
      case 'wait':
        return null;
    }
  }

  async #admitByStore(
    tenant: string,
    rate: RateLimit,
    ports: RatePorts,
    first: RateDecision,
  ): Promise<Admission> {
    const untilMs = ports.now() + storeTimes.rateTakeMs;
    let decision = first;
    for (let turn = 0; turn < turnsMax && ports.now() < untilMs; turn += 1) {
      if (decision.kind === 'wait') await this.#waitFor(tenant, untilMs, ports);
      if (decision.kind === 'ask' && (await this.#ask(tenant, rate, decision.want, ports)) !== null) break;
      decision = this.#decide(tenant, rate, ports);
      const settled = this.#settle(tenant, rate, ports, decision);
      if (settled !== null) return settled;
    }
    if (decision.kind === 'ask') this.#change(tenant, endQuestion);
    return this.#admitLocally(tenant, rate, ports);
  }

  /** A promise of another request may end with that request; its traces in plain data do not. */
  async #waitFor(tenant: string, untilMs: number, ports: RatePorts): Promise<void> {
    this.#change(tenant, (lease) => ({ ...lease, waiting: lease.waiting + 1 }));
    while (this.#lease(tenant).askingUntilMs > ports.now() && ports.now() < untilMs)
      await ports.sleep(lookMs);
    this.#change(tenant, (lease) => ({ ...lease, waiting: Math.max(0, lease.waiting - 1) }));
  }

  async #askMore(tenant: string, rate: RateLimit, ports: RatePorts): Promise<void> {
    await this.#ask(tenant, rate, wantOf(this.#lease(tenant), rate), ports);
  }

  /** The fault that the question met; null = it was answered. */
  async #ask(
    tenant: string,
    rate: RateLimit,
    want: number,
    ports: RatePorts,
  ): Promise<StoreFault | 'resting' | null> {
    const may = mayAsk(this.#rest, ports.now());
    this.#rest = may.rest;
    if (!may.asks) {
      this.#change(tenant, endQuestion);
      return 'resting';
    }
    const taken = await ports.store.takePermits({ tenant, ...rate, want });
    if (!taken.ok) {
      this.#change(tenant, endQuestion);
      this.#rest = noteFault(this.#rest, ports.now());
      return taken.error;
    }
    this.#rest = noteAnswered();
    this.#change(tenant, (lease) => takeGrant(lease, rate, { ...taken.value, want }, ports.now()));
    return null;
  }

  #decide(tenant: string, rate: RateLimit, ports: RatePorts): RateDecision {
    const { lease, decision } = decideRate(this.#lease(tenant), rate, ports.now(), storeTimes.rateTakeMs);
    this.#leases.set(tenant, lease);
    return decision;
  }

  #admitLocally(tenant: string, rate: RateLimit, ports: RatePorts): Admission {
    const { lease, decision } = admitLocally(this.#lease(tenant), rate, ports.now());
    this.#leases.set(tenant, lease);
    if (decision.kind !== 'refuse') return { kind: 'admitted', by: 'local' };
    return { kind: 'refused', by: 'local', retryAfterMs: decision.retryAfterMs };
  }

  #lease(tenant: string): RateLease {
    return this.#leases.get(tenant) ?? noLease;
  }

  #change(tenant: string, change: (lease: RateLease) => RateLease): void {
    this.#leases.set(tenant, change(this.#lease(tenant)));
  }
}
