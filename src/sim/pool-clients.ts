// Clients of a pool in virtual time: tenants' requests that wait, hold a slot, renew it while they run, give it back, vanish without
// a word, or find the replica dead. Owns the load and the check that no replica ever serves more requests than it has slots.
import { drawInteger } from '../core/base/rng.ts';
import type { Result } from '../core/base/result.ts';
import type { Grant, Refusal, SlotOutcome } from '../core/pool/pool-events.ts';
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
}

export class PoolClients {
  readonly #world: PoolWorld;
  readonly #mix: ClientMix;
  readonly #slots: number;
  readonly #running = new Map<string, Set<string>>();
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
    const waiter = { id, tenant, deadlineMs, run };
    const alive = world.enter((host) => host.handle({ kind: 'acquire', waiter }));
    // The call broke with the object: the client sees an error and may come again under a new id.
    if (!alive && !world.answered.has(id)) this.open -= 1;
    else this.#watchForEnd(id, world.lives);
    if (world.rng() < mix.cancel) {
      world.clock.after(drawInteger(world.rng, 1, mix.waitMsMax), () => this.#cancel(id));
    }
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
    const { leaseId, replicaId } = answer.value;
    const running = this.#running.get(replicaId) ?? new Set();
    running.add(leaseId);
    this.#running.set(replicaId, running);
    if (running.size > this.#slots)
      this.#world.violations.push(`slots: ${running.size} requests at ${replicaId} (${id})`);
    this.#hold(
      replicaId,
      leaseId,
      this.#world.clock.nowMs + drawInteger(this.#world.rng, 1, this.#mix.holdMsMax),
    );
  }

  #hold(replicaId: string, leaseId: string, endMs: number): void {
    const { clock } = this.#world;
    const leftMs = endMs - clock.nowMs;
    if (leftMs <= 0) return this.#end(replicaId, leaseId);
    clock.after(Math.min(leftMs, 5_000), () => {
      this.#beat([leaseId], 3);
      this.#hold(replicaId, leaseId, endMs);
    });
  }

  #beat(leaseIds: readonly string[], tries: number): void {
    const alive = this.#world.enter((host) => host.handle({ kind: 'beat', leaseIds, reused: 0 }));
    if (!alive && tries > 0) this.#world.clock.after(100, () => this.#beat(leaseIds, tries - 1));
  }

  #end(replicaId: string, leaseId: string): void {
    const { rng } = this.#world;
    this.open -= 1;
    this.#running.get(replicaId)?.delete(leaseId);
    if (rng() < this.#mix.vanish) return;
    const outcome: SlotOutcome = rng() < this.#mix.fail ? 'replica-failed' : 'served';
    this.#release(leaseId, outcome, 3);
  }

  #release(leaseId: string, outcome: SlotOutcome, tries: number): void {
    const alive = this.#world.enter((host) => host.handle({ kind: 'release', leaseId, outcome }));
    if (!alive && tries > 0) this.#world.clock.after(50, () => this.#release(leaseId, outcome, tries - 1));
  }
}
