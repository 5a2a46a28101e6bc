// A pool of equal slots under an open-loop storm: clients that come back when they are refused or not served in time, a gateway with a
// line, retries of its own and a limit, a server that works off what it was given whether or not anybody still waits for it. Owns clients,
// server and the count of good answers; the gateway's rules are the core's, or the control's that must fail. Pure and seeded.
import { Heap } from '../../core/base/heap.ts';
import { makeRng, type Rng } from '../../core/base/rng.ts';

export interface StormScenario {
  readonly seed: number;
  readonly slots: number;
  /** Of a request on a slot, in the mean; half of it is its first token. */
  readonly serviceMs: number;
  /** Offered requests beside the capacity of all slots, from each time on. */
  readonly load: readonly { readonly fromMs: number; readonly factor: number }[];
  /** Share of the slots that works, from each time on. */
  readonly working: readonly { readonly fromMs: number; readonly share: number }[];
  readonly deadlineMs: number;
  /** What the server queues by itself when more is sent to it than it has slots. */
  readonly serverQueueMax: number;
  /** How often a client comes back, and when: at once after the failure, unless it is told a time and heeds it. */
  readonly clientRetries: number;
  readonly heedsRetryAfter: boolean;
  readonly tenants: readonly StormTenant[];
  readonly endMs: number;
}

export interface StormTenant {
  readonly name: string;
  /** Of the offered load. */
  readonly share: number;
  /** Criticality and latency class by share, for mixes; the first whose share is not used up. */
  readonly criticality: 'critical' | 'default' | 'sheddable';
  readonly quick?: boolean;
}

export interface StormRequest {
  readonly id: number;
  readonly tenant: StormTenant;
  readonly arrivedMs: number;
  readonly deadlineMs: number;
  readonly tries: number;
  readonly firstMs: number;
}

/** What a gateway can do to the world. */
export interface StormPorts {
  /** Slots that are in use, and how many there are and work. */
  busy(): number;
  slots(): number;
  /** To the server, which queues what it cannot work on; false when it has no more room even for that. */
  send(request: StormRequest): boolean;
  /** Whether its client still waits for it. */
  isOpen(request: StormRequest): boolean;
  refuse(request: StormRequest, retryAfterMs: number | null): void;
  at(atMs: number, what: () => void): void;
  draw(): number;
}

export interface StormGateway {
  arrive(request: StormRequest, nowMs: number): void;
  /** The server is done with it, whoever still waited. */
  ended(request: StormRequest, nowMs: number, serviceMs: number): void;
}

export interface StormCount {
  /** By second of arrival. */
  readonly fresh: number[];
  /** Answered within the deadline, by second of arrival of the request as its client first sent it. */
  readonly good: number[];
  /** Good answers by second in which they came. */
  readonly goodAt: number[];
  readonly attempts: number[];
  readonly refusals: number[];
  readonly byTenant: Map<string, { fresh: number; good: number; shed: number; sentMs: number[] }>;
  /** Of good answers: from arrival to first token, in ms. */
  readonly firstTokensMs: number[];
  /** Upstream calls made with less time left than the first token takes. */
  hopeless: number;
}

export function runStorm(scenario: StormScenario, make: (ports: StormPorts) => StormGateway): StormCount {
  return new StormWorld(scenario, make).run();
}

type Happening = () => void;

class StormWorld implements StormPorts {
  readonly #scenario: StormScenario;
  readonly #rng: Rng;
  readonly #events = new Heap<Happening>();
  readonly #gateway: StormGateway;
  readonly #count: StormCount;
  #nowMs = 0;
  #busy = 0;
  #ids = 0;
  /** Requests whose clients wait. */
  readonly #open = new Set<number>();
  #serverQueue: StormRequest[] = [];

  constructor(scenario: StormScenario, make: (ports: StormPorts) => StormGateway) {
    this.#scenario = scenario;
    this.#rng = makeRng(scenario.seed);
    const seconds = Math.ceil(scenario.endMs / 1_000) + 1;
    const zeros = (): number[] => Array.from({ length: seconds }, () => 0);
    this.#count = {
      fresh: zeros(),
      good: zeros(),
      goodAt: zeros(),
      attempts: zeros(),
      refusals: zeros(),
      byTenant: new Map(
        scenario.tenants.map(({ name }) => [name, { fresh: 0, good: 0, shed: 0, sentMs: [] }]),
      ),
      firstTokensMs: [],
      hopeless: 0,
    };
    this.#gateway = make(this);
  }

  run(): StormCount {
    for (const tenant of this.#scenario.tenants) this.#nextArrival(tenant);
    for (let next = this.#events.pop(); next !== undefined; next = this.#events.pop()) {
      if (next.key > this.#scenario.endMs) break;
      this.#nowMs = next.key;
      next.value();
    }
    return this.#count;
  }

  busy(): number {
    return this.#busy;
  }

  slots(): number {
    return Math.max(1, Math.round(this.#scenario.slots * at(this.#scenario.working, this.#nowMs).share));
  }

  draw(): number {
    return this.#rng();
  }

  at(atMs: number, what: Happening): void {
    this.#events.push(Math.max(this.#nowMs, atMs), what);
  }

  isOpen(request: StormRequest): boolean {
    return this.#open.has(request.id);
  }

  send(request: StormRequest): boolean {
    bump(this.#count.attempts, this.#nowMs);
    if (request.deadlineMs - this.#nowMs < this.#scenario.serviceMs / 2) this.#count.hopeless += 1;
    if (this.#busy < this.slots()) this.#work(request);
    else if (this.#serverQueue.length >= this.#scenario.serverQueueMax) return false;
    else this.#serverQueue.push(request);
    return true;
  }

  refuse(request: StormRequest, retryAfterMs: number | null): void {
    if (!this.#open.delete(request.id)) return;
    bump(this.#count.refusals, this.#nowMs);
    const tenant = this.#count.byTenant.get(request.tenant.name);
    if (tenant !== undefined) tenant.shed += 1;
    this.#comeBack(request, retryAfterMs);
  }

  /** It is worked on to its end, whether or not anybody still waits for it. */
  #work(request: StormRequest): void {
    this.#busy += 1;
    const meanMs = request.tenant.quick === true ? this.#scenario.serviceMs / 20 : this.#scenario.serviceMs;
    const serviceMs = meanMs * (0.5 + this.#rng());
    const firstTokenMs = this.#nowMs + serviceMs / 2;
    this.at(this.#nowMs + serviceMs, () => {
      this.#busy -= 1;
      this.#finish(request, firstTokenMs);
      while (this.#busy < this.slots()) {
        const next = this.#serverQueue.shift();
        if (next === undefined) break;
        this.#work(next);
      }
      this.#gateway.ended(request, this.#nowMs, serviceMs);
    });
  }

  /** A client that was refused, or whose time has run out, asks anew: a new request to the gateway. */
  #comeBack(request: StormRequest, retryAfterMs: number | null): void {
    const { clientRetries, heedsRetryAfter } = this.#scenario;
    if (request.tries >= clientRetries) return;
    const waitMs = heedsRetryAfter ? (retryAfterMs ?? 0) : 0;
    this.at(this.#nowMs + waitMs + 1, () => this.#arrive(request.tenant, request.tries + 1, request.firstMs));
  }

  #finish(request: StormRequest, firstTokenMs: number): void {
    if (this.#nowMs > request.deadlineMs || !this.#open.delete(request.id)) return;
    bump(this.#count.good, request.firstMs);
    bump(this.#count.goodAt, this.#nowMs);
    this.#count.firstTokensMs.push(firstTokenMs - request.arrivedMs);
    const tenant = this.#count.byTenant.get(request.tenant.name);
    if (tenant === undefined) return;
    tenant.good += 1;
    tenant.sentMs.push(firstTokenMs - request.arrivedMs);
  }

  #arrive(tenant: StormTenant, tries: number, firstMs: number): void {
    this.#ids += 1;
    const arrivedMs = this.#nowMs;
    const deadlineMs = arrivedMs + this.#scenario.deadlineMs;
    const request = { id: this.#ids, tenant, arrivedMs, deadlineMs, tries, firstMs };
    this.#open.add(request.id);
    this.at(deadlineMs, () => {
      if (this.#open.delete(request.id)) this.#comeBack(request, null);
    });
    this.#gateway.arrive(request, arrivedMs);
  }

  #nextArrival(tenant: StormTenant): void {
    const { slots, serviceMs, load } = this.#scenario;
    const perMs = (slots / serviceMs) * at(load, this.#nowMs).factor * tenant.share;
    // A load of nothing is looked at again.
    const gapMs = perMs <= 0 ? 1_000 : -Math.log(1 - this.#rng()) / perMs;
    this.at(this.#nowMs + gapMs, () => {
      if (perMs > 0) {
        bump(this.#count.fresh, this.#nowMs);
        const counted = this.#count.byTenant.get(tenant.name);
        if (counted !== undefined) counted.fresh += 1;
        this.#arrive(tenant, 0, this.#nowMs);
      }
      this.#nextArrival(tenant);
    });
  }
}

function at<T extends { readonly fromMs: number }>(schedule: readonly T[], nowMs: number): T {
  const found = schedule.findLast(({ fromMs }) => fromMs <= nowMs) ?? schedule[0];
  if (found === undefined) throw new Error('an empty schedule');
  return found;
}

function bump(series: number[], atMs: number): void {
  const second = Math.floor(atMs / 1_000);
  series[second] = (series[second] ?? 0) + 1;
}
