// One isolate's slots: steady traffic asks the pool once, quiet holds nothing, others are not kept waiting, and no slot is lost to
// a client that leaves, a call that breaks, or background work that the platform tears down.
import { beforeEach, describe, expect, test } from 'vitest';
import { askPatienceMs } from '../../../src/core/pool/heard-word.ts';
import type { BrokerPorts } from '../../../src/hosts/pool-calls.ts';
import { SlotBroker } from '../../../src/hosts/slot-broker.ts';
import type { Result } from '../../../src/core/base/result.ts';
import type { SlotGrant, SlotRefusal } from '../../../src/hosts/ports.ts';
import { FakePool, wellVerdict } from './fake-pool.ts';
import { ManualTime } from './manual-time.ts';

const pool = 'm@1~here';
/** After this long without a request an isolate has told the pool everything and holds nothing. */
const quietMs = 5_000;

let time: ManualTime;
let fake: FakePool;
let broker: SlotBroker;
let ports: BrokerPorts;

function setUp(slots: number): void {
  time = new ManualTime();
  fake = new FakePool(slots, () => time.nowMs);
  broker = new SlotBroker();
  ports = {
    calls: fake,
    now: () => time.nowMs,
    sleep: (ms) => time.sleep(ms),
    waitUntil: (work) => void work,
  };
}

beforeEach(() => setUp(4));

let requests = 0;
function ask(signal = new AbortController().signal, deadlineMs = time.nowMs + 60_000) {
  requests += 1;
  return broker.acquire({ pool, tenant: 't', requestId: `q${requests}`, deadlineMs }, signal, ports);
}

async function hold(): Promise<SlotGrant> {
  return granted(await ask());
}

function granted(answer: Result<SlotGrant, SlotRefusal>): SlotGrant {
  if (!answer.ok) throw new Error(`refused: ${answer.error.kind}`);
  return answer.value;
}

/** One request after the other, each for `holdMs`, without a pause. */
async function serve(count: number, holdMs: number): Promise<void> {
  for (let request = 0; request < count; request += 1) {
    const slot = await hold();
    await time.advance(holdMs);
    broker.release(slot, 'served', ports);
  }
}

describe('steady traffic', () => {
  test('of a thousand requests, one after the other, asks the pool once, and all of them are counted', async () => {
    await serve(1_000, 10);
    expect(fake.count('acquire')).toBe(1);
    expect(fake.count('release')).toBe(0);
    expect(fake.count('beat')).toBeLessThanOrEqual(5);
    await time.advance(quietMs);
    expect(fake.reused).toBe(999);
  });

  test('that goes on for minutes asks again only when its background work changes hands', async () => {
    await serve(1_200, 100);
    expect(fake.count('acquire')).toBeLessThanOrEqual(7);
  });

  test('of several at a time asks once for each slot, and no two share one', async () => {
    const slots = [await hold(), await hold(), await hold()];
    expect(new Set(slots.map(({ leaseId }) => leaseId)).size).toBe(3);
    for (const slot of slots) broker.release(slot, 'served', ports);
    const again = [await hold(), await hold(), await hold()];
    expect(new Set(again.map(({ leaseId }) => leaseId))).toEqual(
      new Set(slots.map(({ leaseId }) => leaseId)),
    );
    expect(fake.count('acquire')).toBe(3);
  });

  test('leaves one piece of background work at a time', async () => {
    await serve(100, 10);
    expect(time.sleepers).toBe(1);
  });
});

test('after a moment of quiet nothing is held, everything is told, and no background work is left', async () => {
  await serve(3, 10);
  await time.advance(quietMs);
  expect(fake.leases.size).toBe(0);
  expect(fake.reused).toBe(2);
  expect(time.sleepers).toBe(0);
  const told = fake.calls.length;
  await time.advance(60_000);
  expect(fake.calls).toHaveLength(told);
});

describe('while others wait', () => {
  test('a slot that was granted as contended goes back the moment its request ends', async () => {
    setUp(1);
    await fake.acquire(pool, { id: 'other isolate', tenant: 'o', deadlineMs: Infinity });
    const [first, second] = [hold(), hold()];
    await time.settle();
    await fake.release(pool, [{ leaseId: 'l1', outcome: 'served' }]);
    broker.release(await first, 'served', ports);
    expect((await second).leaseId).toBe('l3');
  });

  test('a slot that ends beside a waiting request of the same isolate is its, before any newcomer', async () => {
    setUp(1);
    const slot = await hold();
    const waiting = hold();
    await time.advance(100);
    broker.release(slot, 'served', ports);
    const newcomer = hold();
    expect((await waiting).leaseId).toBe('l2');
    await time.advance(100);
    broker.release(await waiting, 'served', ports);
    expect((await newcomer).leaseId).toBe('l3');
  });

  test('slots do not go back for a request that is only on its way to the pool', async () => {
    const slot = await hold();
    const asking = hold();
    broker.release(slot, 'served', ports);
    await asking;
    expect(fake.count('release')).toBe(0);
  });

  test('a slot that became idle beside a request on its way goes to it once it has waited for longer than a free slot takes', async () => {
    setUp(1);
    const slot = await hold();
    const waiting = hold();
    await time.advance(askPatienceMs - 10);
    broker.release(slot, 'served', ports);
    await time.advance(9);
    expect(fake.waiting).toBe(1);
    await time.advance(1);
    expect(fake.waiting).toBe(0);
    broker.release(await waiting, 'served', ports);
  });

  test('so does one that became idle beside the second of two that asked one after the other', async () => {
    setUp(1);
    const slot = await hold();
    const client = new AbortController();
    const first = ask(client.signal);
    await time.advance(30);
    const second = hold();
    broker.release(slot, 'served', ports);
    client.abort();
    await first;
    await time.advance(askPatienceMs);
    expect(fake.waiting).toBe(0);
    broker.release(await second, 'served', ports);
  });

  test('a look that the platform tears down is made up for by the next request', async () => {
    setUp(1);
    const slot = await hold();
    const first = hold();
    const torn = { ...ports, sleep: () => new Promise<void>(() => {}) };
    broker.release(slot, 'served', torn);
    await time.advance(400);
    expect(fake.waiting).toBe(1);
    const second = hold();
    await time.advance(1);
    broker.release(await first, 'served', ports);
    broker.release(await second, 'served', ports);
  });

  test('idle slots go back at once when the pool says that somebody waits', async () => {
    setUp(3);
    fake.verdict = wellVerdict;
    const [first, second, third] = [await hold(), await hold(), await hold()];
    broker.release(first, 'served', ports);
    broker.release(second, 'served', ports);
    for (const id of ['a', 'b', 'c']) void fake.acquire(pool, { id, tenant: 'o', deadlineMs: Infinity });
    await time.settle();
    expect(fake.waiting).toBe(3);
    // It tells of its own failure, and hears of the others.
    broker.release(third, 'answer-failed', ports);
    await time.advance(1);
    expect(fake.waiting).toBe(0);
  });

  test('traffic that never pauses hands its slot over within a beat', async () => {
    setUp(1);
    await serve(10, 10);
    let servedAtMs = Infinity;
    const askedAtMs = time.nowMs;
    void fake.acquire(pool, { id: 'other isolate', tenant: 'o', deadlineMs: Infinity }).then(() => {
      servedAtMs = time.nowMs;
    });
    const own = serve(300, 10);
    await time.advance(3_000);
    expect(servedAtMs - askedAtMs).toBeLessThanOrEqual(2_500);
    fake.leases.clear();
    await fake.release(pool, []);
    await time.advance(3_000);
    await own;
  });
});

describe('a client that leaves', () => {
  test('before it asked costs no call', async () => {
    expect(await ask(AbortSignal.abort())).toEqual({ ok: false, error: { kind: 'cancelled' } });
    expect(fake.calls).toEqual([]);
  });

  test('while it waits leaves the queue, and no slot is lost', async () => {
    setUp(1);
    const slot = await hold();
    const client = new AbortController();
    const waiting = ask(client.signal);
    await time.settle();
    client.abort();
    expect(await waiting).toEqual({ ok: false, error: { kind: 'cancelled' } });
    expect(fake.cancelled).toEqual(fake.asked.slice(-1));
    expect(fake.waiting).toBe(0);
    broker.release(slot, 'served', ports);
    await time.advance(quietMs);
    expect(fake.leases.size).toBe(0);
  });

  test('just as its slot is granted does not get it, and the slot goes back', async () => {
    setUp(1);
    fake.deaf = true;
    const slot = await hold();
    const client = new AbortController();
    const waiting = ask(client.signal);
    await time.settle();
    client.abort();
    await fake.release(pool, [{ leaseId: slot.leaseId, outcome: 'served' }]);
    expect(await waiting).toEqual({ ok: false, error: { kind: 'cancelled' } });
    await time.advance(quietMs);
    expect(fake.leases.size).toBe(0);
  });

  test('after it got its slot is not cancelled any more', async () => {
    const client = new AbortController();
    granted(await ask(client.signal));
    client.abort();
    await time.settle();
    expect(fake.cancelled).toEqual([]);
  });
});

describe('a pool object that restarts', () => {
  test('under a waiting request is asked again, under another id, and the first wish is taken back', async () => {
    fake.broken['acquire'] = 2;
    const answer = ask();
    await time.advance(1_000);
    expect((await answer).ok).toBe(true);
    expect(fake.count('acquire')).toBe(3);
    expect(fake.cancelled).toHaveLength(2);
    expect(new Set([...fake.cancelled, ...fake.asked]).size).toBe(3);
  });

  test('and does not come back is given up after four tries', async () => {
    fake.broken['acquire'] = 99;
    const answer = ask();
    await time.advance(10_000);
    expect(await answer).toEqual({ ok: false, error: { kind: 'backend-down', retryAfterMs: 1_000 } });
    expect(fake.count('acquire')).toBe(4);
  });

  test('is not asked again where the deadline leaves no time', async () => {
    fake.broken['acquire'] = 1;
    expect(await ask(undefined, time.nowMs + 100)).toEqual({ ok: false, error: { kind: 'deadline' } });
  });

  test('is not asked again for a client that left meanwhile', async () => {
    fake.broken['acquire'] = 1;
    const client = new AbortController();
    const answer = ask(client.signal);
    await time.settle();
    client.abort();
    await time.advance(1_000);
    expect(await answer).toEqual({ ok: false, error: { kind: 'cancelled' } });
    expect(fake.count('acquire')).toBe(1);
  });

  test('while a slot goes back hears it again', async () => {
    fake.broken['release'] = 2;
    await serve(1, 10);
    await time.advance(quietMs);
    expect(fake.leases.size).toBe(0);
  });

  test('while it is told what was served hears it again, by tenant', async () => {
    fake.broken['beat'] = 2;
    await serve(4, 10);
    await time.advance(3 * quietMs);
    expect(fake.reused).toBe(3);
    expect(fake.tenants).toEqual(new Map([['t', 3]]));
    expect(time.sleepers).toBe(0);
  });

  test('while it is told what is in use still gets back what is not', async () => {
    const [kept, idle] = [await hold(), await hold()];
    await time.advance(1_600);
    fake.broken['beat'] = 99;
    broker.release(idle, 'served', ports);
    await time.advance(quietMs);
    expect(fake.leases).toEqual(new Set([kept.leaseId]));
  });
});

test.each<SlotRefusal>([
  { kind: 'queue-full', retryAfterMs: 700 },
  { kind: 'cannot-start', retryAfterMs: 800 },
  { kind: 'backend-down', retryAfterMs: 900 },
  { kind: 'deadline' },
])('a refusal is passed on as it is, and not asked again: $kind', async (error) => {
  const refusing = {
    ...ports,
    calls: { ...fakeCalls(), acquire: () => Promise.resolve({ ok: false as const, error }) },
  };
  const request = { pool, tenant: 't', requestId: 'q', deadlineMs: time.nowMs + 1_000 };
  expect(await broker.acquire(request, new AbortController().signal, refusing)).toEqual({ ok: false, error });
});

function fakeCalls(): BrokerPorts['calls'] {
  return {
    acquire: (...call) => fake.acquire(...call),
    acquireAfter: (...call) => fake.acquireAfter(...call),
    cancel: (...call) => fake.cancel(...call),
    release: (pool, returns, reports, flow) => fake.release(pool, returns, reports, flow),
    beat: (...call) => fake.beat(...call),
  };
}

test('a replica that failed one request is not used for the next: its idle slots go back with the failed one', async () => {
  const [failed, idle] = [await hold(), await hold()];
  broker.release(idle, 'served', ports);
  broker.release(failed, 'replica-failed', ports);
  await time.advance(0);
  expect(fake.returned).toEqual([
    { leaseId: failed.leaseId, outcome: 'replica-failed' },
    { leaseId: idle.leaseId, outcome: 'client-gone' },
  ]);
  expect((await hold()).leaseId).toBe('l3');
});

test('a request whose replica has failed asks for the next slot and tells of the failure in one call, and so does each beside it', async () => {
  const failed = [await hold(), await hold(), await hold()];
  for (const slot of failed) broker.release(slot, 'replica-failed', ports);
  const again = await Promise.all(failed.map(() => hold()));
  await time.advance(0);
  expect(fake.calls.slice(3)).toEqual(['acquireAfter', 'acquire', 'acquire']);
  expect(fake.returned.map(({ leaseId }) => leaseId)).toEqual(failed.map(({ leaseId }) => leaseId));
  for (const slot of again) broker.release(slot, 'served', ports);
  await time.advance(quietMs);
  expect(fake.leases.size).toBe(0);
  expect(fake.returned).toHaveLength(6);
});

test('what goes along with an ask that breaks is told all the same, once', async () => {
  const failed = await hold();
  fake.broken['acquireAfter'] = 1;
  broker.release(failed, 'replica-failed', ports);
  const again = hold();
  await time.advance(1_000);
  broker.release(await again, 'served', ports);
  await time.advance(quietMs);
  expect(fake.returned.filter(({ leaseId }) => leaseId === failed.leaseId)).toHaveLength(1);
  expect(fake.leases.size).toBe(0);
});

test('a slot that is given back twice goes back once', async () => {
  const slot = await hold();
  broker.release(slot, 'replica-failed', ports);
  broker.release(slot, 'served', ports);
  await time.advance(quietMs);
  expect(fake.returned).toHaveLength(1);
});

describe('a request that runs for minutes', () => {
  test('keeps its slot by signs of life', async () => {
    const slot = await hold();
    for (let sign = 0; sign < 20; sign += 1) {
      await time.advance(SlotBroker.selfBeatMs);
      await broker.beat(slot, ports);
    }
    expect(fake.count('beat')).toBe(20);
    broker.release(slot, 'served', ports);
    await time.advance(quietMs);
    expect(fake.returned).toMatchObject([{ leaseId: slot.leaseId, outcome: 'served' }]);
  });

  test('does not hand on a slot that the pool has taken back', async () => {
    const slot = await hold();
    fake.leases.clear();
    await time.advance(SlotBroker.selfBeatMs);
    await broker.beat(slot, ports);
    broker.release(slot, 'served', ports);
    expect((await hold()).leaseId).not.toBe(slot.leaseId);
  });
});

describe('background work that the platform tears down', () => {
  /** The ports of a request whose background work stops at its first sleep, until `revive`. */
  function tornDown(): { readonly dead: BrokerPorts; revive(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { dead: { ...ports, sleep: () => promise }, revive: resolve };
  }

  test('is taken over by that of a later request, and no slot stays behind', async () => {
    const { dead } = tornDown();
    broker.release(await hold(), 'served', dead);
    await time.advance(21_000);
    expect(fake.leases.size).toBe(1);
    await serve(1, 10);
    await time.advance(quietMs);
    expect(fake.leases.size).toBe(0);
  });

  test('and comes back late does not make room for a third beside the second', async () => {
    const { dead, revive } = tornDown();
    broker.release(await hold(), 'served', dead);
    await time.advance(21_000);
    const slot = await hold();
    await serve(1, 10);
    expect(time.sleepers).toBe(1);
    revive();
    await time.settle();
    await serve(1, 10);
    expect(time.sleepers).toBe(1);
    broker.release(slot, 'served', ports);
  });
});
