// Clients of a pool in virtual time: tenants' requests that wait, hold a slot, renew it while they run, give it back, vanish without
// a word, or find the replica dead. Owns the load and the check that no replica ever serves more requests than it has slots.
import { drawInteger } from '../core/base/rng.ts';
import type { Result } from '../core/base/result.ts';
import type { Grant, ProbeEnd, Refusal, SlotOutcome, SlotWaiter } from '../core/pool/pool-events.ts';
import { permitGraceMs, type ProbePermit } from '../core/resilience/breaker.ts';
import { criticalities } from '../core/resilience/criticality.ts';
import type { PoolWorld } from './pool-world.ts';

export interface ClientMix {
  readonly requests: number;
  readonly overMs: number;
  readonly tenants: number;
  readonly holdMsMax: number;
  readonly waitMsMax: number;
  /** Chance that a client's isolate dies with the slot, that it cancels while waiting, that its replica failed it. */
  readonly vanish: number;
  readonly cancel: number;
  readonly fail: number;
  /** Chance, at each end of a request, that its replica answers nothing for a while. */
  readonly sicken: number;
}

interface Held {
  readonly replicaId: string;
  readonly leaseId: string;
  readonly permits: readonly ProbePermit[];
}

export class PoolClients {
  readonly #world: PoolWorld;
  readonly #mix: ClientMix;
  readonly #slots: number;
  readonly #running = new Map<string, Set<string>>();
  /** Replicas that answer nothing from some time on, until some time. */
  readonly #sick = new Map<string, number>();
  open = 0;
  granted = 0;
  refused = 0;

  constructor(world: PoolWorld, mix: ClientMix, slots: number) {
    this.#world = world;
    this.#mix = mix;
    this.#slots = slots;
    world.onAnswer = (waiterId, answer) => this.#onAnswer(waiterId, answer);
    world.fleet.isBusy = (replicaId) => (this.#running.get(replicaId)?.size ?? 0) > 0;
    for (let request = 0; request < mix.requests; request += 1) {
      world.clock.after(drawInteger(world.rng, 0, mix.overMs), () => this.#ask(`q${request}`));
    }
  }

  #ask(id: string): void {
    const { world, mix } = { world: this.#world, mix: this.#mix };
    const tenant = `t${drawInteger(world.rng, 1, mix.tenants)}`;
    const deadlineMs = world.clock.nowMs + drawInteger(world.rng, 1, mix.waitMsMax);
    this.open += 1;
    const run = world.rng() < 0.2 ? `r${drawInteger(world.rng, 1, 8)}` : undefined;
    const slotByMs = world.rng() < 0.2 ? world.clock.nowMs + drawInteger(world.rng, 1, 200) : undefined;
    const waiter = { id, tenant, deadlineMs, slotByMs, run, ...this.#drawClass() };
    const alive = world.enter((host) => host.handle({ kind: 'acquire', waiter }));
    // The call broke with the object: the client sees an error and may come again under a new id.
    if (!alive && !world.answered.has(id)) this.open -= 1;
    else this.#watchForEnd(id, world.lives);
    if (world.rng() < mix.cancel) {
      world.clock.after(drawInteger(world.rng, 1, mix.waitMsMax), () => this.#cancel(id));
    }
  }

  #drawClass(): Pick<SlotWaiter, 'criticality' | 'latency' | 'weight' | 'canGoElsewhere'> {
    const { rng } = this.#world;
    return {
      criticality: criticalities[drawInteger(rng, 0, criticalities.length)],
      latency: rng() < 0.3 ? 'quick' : undefined,
      weight: rng() < 0.3 ? drawInteger(rng, 1, 5) : undefined,
      canGoElsewhere: rng() < 0.2,
    };
  }

  /** An open call ends with the life of the object that holds it. */
  #watchForEnd(id: string, lives: number): void {
    this.#world.clock.after(500, () => {
      if (this.#world.answered.has(id)) return;
      if (this.#world.lives !== lives || this.#cancelled.has(id)) this.open -= 1;
      else this.#watchForEnd(id, lives);
    });
  }

  readonly #cancelled = new Set<string>();

  #cancel(id: string): void {
    if (this.#world.answered.has(id)) return;
    this.#cancelled.add(id);
    this.#world.enter((host) => host.handle({ kind: 'cancel', waiterId: id }));
  }

  #onAnswer(id: string, answer: Result<Grant, Refusal>): void {
    if (!answer.ok) {
      this.refused += 1;
      this.open -= 1;
      return;
    }
    this.granted += 1;
    const { leaseId, replicaId, permits = [] } = answer.value;
    this.#checkProbe(replicaId, permits);
    const running = this.#running.get(replicaId) ?? new Set();
    running.add(leaseId);
    this.#running.set(replicaId, running);
    if (running.size > this.#slots)
      this.#world.violations.push(`slots: ${running.size} requests at ${replicaId} (${id})`);
    this.#hold(
      { replicaId, leaseId, permits },
      this.#world.clock.nowMs + drawInteger(this.#world.rng, 1, this.#mix.holdMsMax),
    );
  }

  /** At most one probe of each circuit is out. */
  #checkProbe(replicaId: string, permits: readonly ProbePermit[]): void {
    const { clock, violations } = this.#world;
    for (const { circuitId, deadlineMs } of permits) {
      const key = circuitId === replicaId ? circuitId : 'target';
      if ((this.#probes.get(key) ?? 0) > clock.nowMs) violations.push(`two probes: ${key}`);
      this.#probes.set(key, deadlineMs + permitGraceMs);
    }
  }

  readonly #probes = new Map<string, number>();

  #hold(held: Held, endMs: number): void {
    const { clock } = this.#world;
    const leftMs = endMs - clock.nowMs;
    if (leftMs <= 0) return this.#end(held);
    clock.after(Math.min(leftMs, 5_000), () => {
      this.#beat([held.leaseId], 3);
      this.#hold(held, endMs);
    });
  }

  #beat(leaseIds: readonly string[], tries: number): void {
    const alive = this.#world.enter((host) => host.handle({ kind: 'beat', leaseIds, reused: 0 }));
    if (!alive && tries > 0) this.#world.clock.after(100, () => this.#beat(leaseIds, tries - 1));
  }

  #end({ replicaId, leaseId, permits }: Held): void {
    const { rng, clock } = this.#world;
    this.open -= 1;
    this.#running.get(replicaId)?.delete(leaseId);
    if (rng() < this.#mix.vanish) return;
    if (rng() < this.#mix.sicken) this.#sick.set(replicaId, clock.nowMs + drawInteger(rng, 1, 20_000));
    const isSick = (this.#sick.get(replicaId) ?? 0) > clock.nowMs;
    const outcome: SlotOutcome = rng() < this.#mix.fail ? 'replica-failed' : 'served';
    const seen = isSick ? 'failure' : 'ok';
    const report = { replicaId, run: isSick ? 'f' : 'o', okAgeMs: isSick ? null : 0, firstTokensMs: [] };
    if (permits.length === 0)
      this.#world.enter((host) => host.handle({ kind: 'reports', reports: [report] }));
    // The pool hears of a probe's end when it hears of the slot, which may be never.
    for (const { circuitId } of permits) this.#probes.delete(circuitId === replicaId ? circuitId : 'target');
    const probe = permits.length === 0 ? undefined : ({ permits, outcome: seen } as const);
    this.#release(leaseId, outcome, probe, 3);
  }

  #release(leaseId: string, outcome: SlotOutcome, probe: ProbeEnd | undefined, tries: number): void {
    const served = { ended: 1, heldMs: this.#mix.holdMsMax / 2 };
    const event = { kind: 'release', leaseId, outcome, probe, served } as const;
    const alive = this.#world.enter((host) => host.handle(event));
    if (!alive && tries > 0)
      this.#world.clock.after(50, () => this.#release(leaseId, outcome, probe, tries - 1));
  }
}
