// A tenant's rate at several isolates over one store, with a clock that the test moves: nothing here waits.
import { describe, expect, test } from 'vitest';
import { err, ok } from '../../../src/core/base/result.ts';
import { localBound } from '../../../src/core/store/rate-lease.ts';
import { RateGate, type Admission, type RatePorts } from '../../../src/hosts/rate-gate.ts';
import type { RateStore } from '../../../src/store/edge-store.ts';
import { memoryStore } from '../../support/memory-store.ts';

const rate = { limit: 100, windowMs: 60_000 };

class World {
  nowMs = 600_000;
  asked = 0;
  /** Of many who wait at once, each would move the clock. */
  stands = false;
  store: RateStore = memoryStore(() => this.nowMs);
  readonly #work: Promise<unknown>[] = [];

  readonly ports: RatePorts = {
    store: {
      takePermits: (ask) => {
        this.asked += 1;
        return this.store.takePermits(ask);
      },
    },
    now: () => this.nowMs,
    sleep: async (ms) => {
      this.nowMs += this.stands ? 0 : ms;
      await new Promise((done) => setImmediate(done));
    },
    waitUntil: (work) => void this.#work.push(work),
  };

  async admit(gate: RateGate, tenant = 'demo'): Promise<Admission> {
    const admission = await gate.admit(tenant, rate, this.ports);
    await Promise.all(this.#work.splice(0));
    return admission;
  }

  /** How many of so many requests, one after the other, were let through. */
  async count(requests: number, ...gates: readonly RateGate[]): Promise<number> {
    let admitted = 0;
    for (let at = 0; at < requests; at += 1)
      for (const gate of gates) if ((await this.admit(gate)).kind === 'admitted') admitted += 1;
    return admitted;
  }
}

describe('a tenant’s rate', () => {
  test('is the limit for all isolates together, and begins anew with each window', async () => {
    const world = new World();
    const gates = [new RateGate(), new RateGate(), new RateGate()];
    expect(await world.count(100, ...gates)).toBe(100);
    expect(await world.admit(gates[0] as RateGate)).toMatchObject({
      kind: 'refused',
      by: 'store',
      retryAfterMs: 60_000,
    });
    world.nowMs += 60_000;
    expect(await world.count(50, ...gates)).toBe(100);
  });

  test('costs one isolate some questions for many requests, and none once the limit is reached', async () => {
    const world = new World();
    const gate = new RateGate();
    expect(await world.count(100, gate)).toBe(100);
    expect(world.asked).toBeLessThan(40);
    const { asked } = world;
    expect(await world.count(1_000, gate)).toBe(0);
    expect(world.asked - asked).toBeLessThanOrEqual(1);
  });

  test('of one tenant is none of another', async () => {
    const world = new World();
    const gate = new RateGate();
    await world.count(200, gate);
    expect(await world.admit(gate, 'acme')).toEqual({ kind: 'admitted', by: 'store' });
  });

  test('holds for requests that come together: they share what one of them asks for', async () => {
    const world = new World();
    world.stands = true;
    const gate = new RateGate();
    const all = await Promise.all(
      Array.from({ length: 150 }, async () => gate.admit('demo', rate, world.ports)),
    );
    expect(all.filter(({ kind }) => kind === 'admitted').length).toBeLessThanOrEqual(100 + localBound(100));
    expect(all.filter(({ kind, by }) => kind === 'admitted' && by === 'store').length).toBeGreaterThan(90);
    expect(world.asked).toBeLessThan(20);
  });
});

describe('a store that gives no permits', () => {
  test.each(['late', 'down', 'garbage'] as const)(
    '%s: the isolate’s own bound holds, and nobody else passes',
    async (fault) => {
      const world = new World();
      world.store = { takePermits: async () => err(fault) };
      const gate = new RateGate();
      expect(await world.admit(gate)).toEqual({ kind: 'admitted', by: 'local' });
      expect(await world.count(500, gate)).toBe(localBound(100) - 1);
      expect(await world.admit(gate)).toMatchObject({ kind: 'refused', by: 'local' });
      // It is left alone after three faults.
      expect(world.asked).toBeLessThan(5);
    },
  );

  test('back again, is asked again within its rest', async () => {
    const world = new World();
    const { store } = world;
    world.store = { takePermits: async () => err('down') };
    const gate = new RateGate();
    await world.count(20, gate);
    world.store = store;
    world.nowMs += 1_000;
    expect(await world.admit(gate)).toEqual({ kind: 'admitted', by: 'store' });
  });

  test('that never answers keeps nobody longer than its bound: those who wait go by the isolate’s own', async () => {
    const world = new World();
    world.store = { takePermits: () => new Promise(() => undefined) };
    const gate = new RateGate();
    void gate.admit('demo', rate, world.ports);
    const startedMs = world.nowMs;
    expect(await gate.admit('demo', rate, world.ports)).toEqual({ kind: 'admitted', by: 'local' });
    expect(world.nowMs - startedMs).toBeLessThanOrEqual(200);
  });

  test('that grants whatever is wanted for ever is not believed beyond the limit', async () => {
    const world = new World();
    world.store = {
      takePermits: async ({ want }) => ok({ granted: want * 1_000, resetMs: world.nowMs + 1 }),
    };
    expect(await world.count(1_000, new RateGate())).toBe(100);
  });
});
