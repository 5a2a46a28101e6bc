// The gateways that meet the storm: one made of the core's rules, and the controls that must fail. Owns how the rules are put together
// here, which is how the pool's object and the isolates put them together. Pure.
import {
  decideEarlyRefusal,
  noEarlyRefusal,
  notePoolAnswer,
  type EarlyRefusal,
} from '../../core/resilience/early-refusal.ts';
import {
  drainPerSecond,
  noDrain,
  noteRefusal,
  noteServed,
  retryAfterMs,
} from '../../core/resilience/drain-meter.ts';
import {
  dropLate,
  nextServed,
  quickRowAfter,
  type QueueScene,
  type Queued,
} from '../../core/resilience/fair-queue.ts';
import { decideExtra, noBudget, noteAdmitted } from '../../core/resilience/retry-budget.ts';
import { decideAdmission, trimLine, type AdmissionScene } from '../../core/resilience/shed.ts';
import type { StormGateway, StormPorts, StormRequest } from './storm-world.ts';

export interface LineSettings {
  readonly queueMax: number;
  readonly waitTargetMs: number;
  readonly needMs: number;
  /** Requests are refused in the isolate once the pool turns their like away. */
  readonly early?: boolean;
}

interface Waiting extends Queued {
  readonly request: StormRequest;
}

/** Fair line, bounded by the time that it may take, late ones dropped, refusals with an honest time. */
export class CoreGateway implements StormGateway {
  readonly #ports: StormPorts;
  readonly #settings: LineSettings;
  #waiting: readonly Waiting[] = [];
  #drain = noDrain;
  readonly #held = new Map<string, number>();
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #slowHeld = 0;
  #quickMs = -Infinity;
  #quickRow = 0;
  readonly #early = new Map<string, EarlyRefusal>();
  /** Requests that the pool's object was asked for. */
  calls = 0;

  constructor(ports: StormPorts, settings: LineSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  arrive(request: StormRequest, nowMs: number): void {
    if (this.#settings.early === true && this.#refusesEarly(request, nowMs)) {
      this.#ports.refuse(request, null);
      return;
    }
    this.calls += 1;
    const newcomer = queuedOf(request);
    if (newcomer.latency === 'quick') this.#quickMs = nowMs;
    const admission = decideAdmission(this.#waiting, newcomer, this.#admission(nowMs));
    if (admission.kind === 'refuse') this.#refuse(newcomer, nowMs);
    else {
      if (admission.kind === 'displace') this.#refuse(admission.victim, nowMs);
      this.#waiting = [...this.#waiting, newcomer];
    }
    this.#serve(nowMs);
  }

  ended(request: StormRequest, nowMs: number, serviceMs: number): void {
    const tenant = request.tenant.name;
    this.#held.set(tenant, (this.#held.get(tenant) ?? 1) - 1);
    if (request.tenant.quick !== true) this.#slowHeld -= 1;
    this.#drain = noteServed(this.#drain, { ended: 1, heldMs: serviceMs });
    this.#serve(nowMs);
  }

  #serve(nowMs: number): void {
    for (const each of trimLine(this.#waiting, this.#admission(nowMs))) this.#refuse(each, nowMs);
    for (const late of dropLate(this.#waiting, nowMs, this.#settings.needMs)) this.#refuse(late, nowMs);
    while (this.#ports.busy() < this.#ports.slots()) {
      const next = nextServed(this.#waiting, this.#scene(nowMs));
      if (next === null) return;
      this.#quickRow = quickRowAfter(this.#waiting, next, this.#quickRow);
      this.#waiting = this.#waiting.filter((each) => each !== next);
      this.#turn += 1;
      this.#turns.set(next.tenant, this.#turn);
      this.#held.set(next.tenant, (this.#held.get(next.tenant) ?? 0) + 1);
      if (next.latency !== 'quick') this.#slowHeld += 1;
      this.#answered(next.tenant, true, nowMs);
      this.#ports.send(next.request);
    }
  }

  #refusesEarly(request: StormRequest, nowMs: number): boolean {
    const { name } = request.tenant;
    const { state, refused } = decideEarlyRefusal(
      this.#early.get(name) ?? noEarlyRefusal,
      nowMs,
      this.#ports.draw(),
    );
    this.#early.set(name, state);
    return refused;
  }

  #answered(tenant: string, isGranted: boolean, nowMs: number): void {
    this.#early.set(tenant, notePoolAnswer(this.#early.get(tenant) ?? noEarlyRefusal, isGranted, nowMs));
  }

  #admission(nowMs: number): AdmissionScene {
    return { ...this.#settings, nowMs, drainPerSecond: drainPerSecond(this.#drain, this.#ports.slots()) };
  }

  #scene(nowMs: number): QueueScene {
    return {
      held: (tenant) => this.#held.get(tenant) ?? 0,
      lastTurn: (tenant) => this.#turns.get(tenant) ?? 0,
      slots: this.#ports.slots(),
      slowHeld: this.#slowHeld,
      quickSeen: nowMs - this.#quickMs < 60_000,
      quickRow: this.#quickRow,
    };
  }

  #refuse(waiting: Waiting, nowMs: number): void {
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
    this.#drain = noteRefusal(this.#drain, nowMs);
    this.#answered(waiting.tenant, false, nowMs);
    const scene = {
      waiting: this.#waiting.length,
      slots: this.#ports.slots(),
      nowMs,
      draw: this.#ports.draw(),
    };
    this.#ports.refuse(waiting.request, retryAfterMs(this.#drain, scene));
  }
}

/** The control: first come, first served, ten thousand may wait, nobody looks at a deadline. */
export class FifoGateway implements StormGateway {
  readonly #ports: StormPorts;
  #waiting: StormRequest[] = [];

  constructor(ports: StormPorts) {
    this.#ports = ports;
  }

  arrive(request: StormRequest): void {
    if (this.#waiting.length >= 10_000) return this.#ports.refuse(request, null);
    this.#waiting.push(request);
    this.#serve();
  }

  ended(): void {
    this.#serve();
  }

  #serve(): void {
    while (this.#ports.busy() < this.#ports.slots()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#ports.send(next);
    }
  }
}

export interface DirectSettings {
  readonly attemptMs: number;
  readonly attemptsMax: number;
  readonly budgeted: boolean;
}

/** No line of its own: everything goes to the server at once, and again when an attempt takes too long. */
export class DirectGateway implements StormGateway {
  readonly #ports: StormPorts;
  readonly #settings: DirectSettings;
  #budget = noBudget;
  readonly #answered = new Set<number>();

  constructor(ports: StormPorts, settings: DirectSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  arrive(request: StormRequest, nowMs: number): void {
    this.#budget = noteAdmitted(this.#budget, nowMs);
    this.#attempt(request, nowMs, 1);
  }

  ended(request: StormRequest): void {
    this.#answered.add(request.id);
  }

  #attempt(request: StormRequest, nowMs: number, attempt: number): void {
    const { attemptMs, attemptsMax, budgeted } = this.#settings;
    this.#ports.send(request);
    const endMs = nowMs + attemptMs;
    this.#ports.at(endMs, () => {
      if (!this.#ports.isOpen(request) || this.#answered.delete(request.id)) return;
      if (attempt >= attemptsMax || (budgeted && !this.#mayRetry(endMs)))
        return this.#ports.refuse(request, null);
      this.#attempt(request, endMs, attempt + 1);
    });
  }

  #mayRetry(nowMs: number): boolean {
    const { budget, granted } = decideExtra(this.#budget, { kind: 'retry', outermost: true }, nowMs);
    this.#budget = budget;
    return granted;
  }
}

function queuedOf(request: StormRequest): Waiting {
  return {
    id: String(request.id),
    tenant: request.tenant.name,
    enqueuedMs: request.arrivedMs,
    deadlineMs: request.deadlineMs,
    criticality: request.tenant.criticality,
    latency: request.tenant.quick === true ? 'quick' : 'slow',
    request,
  };
}
