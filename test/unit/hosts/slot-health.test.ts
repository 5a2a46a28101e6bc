// What one isolate tells a pool of its replicas, and what it does with what the pool says of them: reports in their order, verdicts that
// are heeded at once, probes that end once, and refusals that cost no call.
import { beforeEach, describe, expect, test } from 'vitest';
import type { OutcomeClass } from '../../../src/core/resilience/outcome-class.ts';
import { err } from '../../../src/core/base/result.ts';
import { openTrustMs } from '../../../src/hosts/pool-desk.ts';
import type { CallEnd, SlotGrant, SlotOutcome, SlotRequest } from '../../../src/hosts/ports.ts';
import type { BrokerPorts } from '../../../src/hosts/pool-calls.ts';
import { SlotBroker } from '../../../src/hosts/slot-broker.ts';
import { FakePool, wellVerdict } from './fake-pool.ts';
import { ManualTime } from './manual-time.ts';

const pool = 'm@1~here';
const quietMs = 5_000;

let time: ManualTime;
let fake: FakePool;
let broker: SlotBroker;
let ports: BrokerPorts;
let draw = 0;

beforeEach(() => {
  time = new ManualTime();
  fake = new FakePool(4, () => time.nowMs);
  fake.verdict = wellVerdict;
  broker = new SlotBroker();
  draw = 0.5;
  ports = {
    calls: fake,
    now: () => time.nowMs,
    sleep: (ms) => time.sleep(ms),
    waitUntil: (work) => void work,
    random: () => draw,
  };
});

const ask = (more: Partial<SlotRequest> = {}) =>
  broker.acquire(
    { pool, tenant: 't', requestId: 'q', deadlineMs: time.nowMs + 60_000, ...more },
    new AbortController().signal,
    ports,
  );

async function hold(replicaId = 'r1', more: Partial<SlotRequest> = {}): Promise<SlotGrant> {
  fake.nextGrants[0] ??= { replicaId };
  const answer = await ask(more);
  if (!answer.ok) throw new Error(`refused: ${answer.error.kind}`);
  return answer.value;
}

const endOf = (outcome: OutcomeClass, firstTokenMs: number | null = 40): CallEnd => ({
  outcome,
  report: { outcome, firstTokenMs },
  tokens: { gaps: 9, gapsMs: 90 },
});

function end(slot: SlotGrant, outcome: OutcomeClass, slotOutcome?: SlotOutcome): void {
  const usual = outcome === 'ok' || outcome === 'slow' ? 'served' : 'replica-failed';
  broker.release(slot, slotOutcome ?? usual, ports, endOf(outcome));
}

/** Everything that arrived, as one run per replica. */
function runs(): Record<string, string> {
  const told: Record<string, string> = {};
  for (const { replicaId, run } of fake.reports.flat()) told[replicaId] = (told[replicaId] ?? '') + run;
  return told;
}

describe('reports', () => {
  test('of a thousand successes cost no call of their own, and each is told once', async () => {
    for (let request = 0; request < 1_000; request += 1) {
      const slot = await hold();
      await time.advance(10);
      end(slot, 'ok');
    }
    expect(fake.count('acquire')).toBe(1);
    expect(fake.count('release')).toBe(0);
    expect(fake.count('beat')).toBeLessThanOrEqual(5);
    // No isolate tells more than the last twenty at once.
    expect(fake.reports.every(([first]) => first?.run === 'o'.repeat(20))).toBe(true);
    await time.advance(quietMs);
    expect(fake.reports.flat().at(-1)?.firstTokensMs).toHaveLength(20);
  });

  test('of a few requests are all told in the end, with the slot that goes back', async () => {
    for (let request = 0; request < 3; request += 1) end(await hold(), 'ok');
    await time.advance(quietMs);
    expect(runs()).toEqual({ r1: 'ooo' });
    expect(fake.calls).toEqual(['acquire', 'release', 'beat']);
  });

  test('of a failure go out at once, in one call with its slot, behind the successes before it', async () => {
    end(await hold(), 'ok');
    end(await hold(), 'ok');
    end(await hold(), 'hard');
    await time.advance(0);
    expect(fake.calls).toEqual(['acquire', 'release']);
    expect(fake.returned).toMatchObject([{ leaseId: 'l1', outcome: 'replica-failed' }]);
    expect(fake.reports).toMatchObject([[{ replicaId: 'r1', run: 'ooh', okAgeMs: 0 }]]);
  });

  test('of a call that is late and goes on go out at once', async () => {
    const slot = await hold();
    broker.report(slot, { outcome: 'slow', firstTokenMs: 300 }, ports);
    await time.settle();
    expect(fake.reports).toMatchObject([[{ run: 's', firstTokensMs: [300] }]]);
    expect(fake.returned).toEqual([]);
  });

  test('survive calls that fail, in front of what came since', async () => {
    const [first, second] = [await hold(), await hold()];
    fake.broken['release'] = 2;
    end(first, 'failure');
    await time.settle();
    end(second, 'ok');
    await time.advance(1_000);
    expect(runs()).toEqual({ r1: 'fo' });
  });

  test('survive a pool that cannot be reached for longer than anybody tries', async () => {
    const slot = await hold();
    fake.broken['release'] = 5;
    end(slot, 'failure');
    await time.advance(quietMs);
    expect(runs()).toEqual({ r1: 'f' });
  });

  test('wait while others are on their way, so that none overtakes', async () => {
    const slots = [await hold(), await hold(), await hold()];
    const open = Promise.withResolvers<void>();
    fake.gate = open.promise;
    fake.broken['release'] = 1;
    const [first, second, third] = slots;
    if (!first || !second || !third) throw new Error('three slots');
    end(first, 'failure', 'served');
    end(second, 'ok');
    end(third, 'stall', 'served');
    await time.settle();
    expect(fake.calls.filter((call) => call === 'release')).toHaveLength(1);
    fake.gate = null;
    open.resolve();
    await time.advance(1_000);
    expect(runs()).toEqual({ r1: 'fot' });
  });

  test('are not held up for ever by a call that was torn down with its request', async () => {
    const slots = [await hold(), await hold()];
    const [first, second] = slots;
    if (!first || !second) throw new Error('two slots');
    fake.gate = new Promise<void>(() => {});
    end(first, 'failure', 'served');
    await time.settle();
    fake.gate = null;
    await time.advance(6_000);
    end(second, 'failure', 'served');
    await time.settle();
    expect(runs()).toEqual({ r1: 'f' });
  });

  test('nothing is told of a request that says nothing', async () => {
    broker.release(await hold(), 'client-gone', ports, {
      ...endOf('ok'),
      outcome: null,
      report: null,
    });
    await time.advance(quietMs);
    expect(fake.reports).toEqual([]);
  });
});

describe('in which phase calls are', () => {
  const phasesOf = () => fake.flows.map(({ phases }) => phases);

  test('is told with each beat, by an isolate with a name of its own', async () => {
    const [first, second] = [await hold(), await hold()];
    broker.begin(first, true, ports);
    broker.begin(second, false, ports);
    await time.advance(500);
    broker.firstToken(first, 500, ports);
    await time.advance(1_500);
    await broker.beat(first, ports);
    expect(phasesOf()).toMatchObject([
      { ms: 2_000, inFlightMs: 4_000, awaitingMs: 500, firstTokens: 1, firstTokensMs: 500, ended: 0 },
    ]);
    end(first, 'ok');
    await time.advance(2_000);
    expect(phasesOf().at(-1)).toMatchObject({
      inFlightMs: 2_000,
      awaitingMs: 0,
      gaps: 9,
      gapsMs: 90,
      ended: 1,
    });
    expect(new Set(fake.flows.map(({ isolate }) => isolate)).size).toBe(1);
  });

  test('says nothing of the time before, when nobody called for long', async () => {
    await time.advance(60_000);
    const slot = await hold();
    broker.begin(slot, true, ports);
    await time.advance(2_000);
    await broker.beat(slot, ports);
    expect(phasesOf()).toMatchObject([{ ms: 2_000, inFlightMs: 2_000 }]);
  });

  test('is not that of a request that was torn down without a word', async () => {
    const slot = await hold();
    broker.begin(slot, true, ports);
    await time.advance(21_000);
    // A slot that is used again is told with a beat.
    const serveTwo = async (): Promise<void> => {
      for (let request = 0; request < 2; request += 1) end(await hold(), 'ok');
      await time.advance(quietMs);
    };
    await serveTwo();
    const told = fake.flows.length;
    expect(told).toBeGreaterThan(0);
    await serveTwo();
    expect(fake.flows).toHaveLength(told);
  });
});

describe('a verdict', () => {
  test('takes the idle slots of a replica that is left out away, and no request gets one', async () => {
    const [left, kept, failing] = [await hold('r1'), await hold('r2'), await hold('r2')];
    end(left, 'ok');
    end(kept, 'ok');
    fake.verdict = { ...wellVerdict, ejected: ['r1'] };
    end(failing, 'slow');
    await time.settle();
    expect(fake.returned.map(({ leaseId }) => leaseId)).toEqual([left.leaseId]);
    expect([(await hold()).replicaId, (await hold()).replicaId]).toEqual(['r2', 'r2']);
  });

  test('is heard with the grant of a slot, too', async () => {
    end(await hold('r1'), 'ok');
    fake.verdict = { ...wellVerdict, ejected: ['r1'] };
    await hold('r2', { avoid: ['r1'] });
    await time.settle();
    expect(fake.returned).toMatchObject([{ leaseId: 'l1' }]);
  });

  test('says how long first tokens may take; before it nothing is known', async () => {
    expect(broker.overdueMs(pool)).toBeNull();
    await hold();
    expect(broker.overdueMs(pool)).toBe(300);
    expect(broker.verdicts()).toMatchObject([[pool, { heardMs: time.nowMs, verdict: wellVerdict }]]);
  });
});

describe('a pool that is left out', () => {
  const elsewhere = { canGoElsewhere: true };
  const refusal = (retryAfterMs: number) => err({ kind: 'circuit-open', retryAfterMs });

  beforeEach(async () => {
    fake.verdict = { ...wellVerdict, targetOpen: true, probeDueMs: time.nowMs + 500 };
    const slot = await hold();
    end(slot, 'ok');
    await time.settle();
    fake.calls.length = 0;
  });

  test('is not asked before its next probe by requests that others can answer', async () => {
    expect(await ask(elsewhere)).toEqual(refusal(500));
    await time.advance(400);
    expect(await ask(elsewhere)).toEqual(refusal(100));
    expect(fake.count('acquire')).toBe(0);
    await time.advance(100);
    expect((await ask(elsewhere)).ok).toBe(true);
  });

  test('is asked by requests that nobody else can answer, for no kept slot serves them', async () => {
    expect((await ask()).ok).toBe(true);
    expect(fake.count('acquire')).toBe(1);
  });

  test('is asked again after a while, whatever it said of its next probe', async () => {
    fake.verdict = { ...wellVerdict, targetOpen: true, probeDueMs: time.nowMs + 60_000 };
    await ask();
    expect(await ask(elsewhere)).toEqual(refusal(openTrustMs));
    await time.advance(openTrustMs);
    expect((await ask(elsewhere)).ok).toBe(true);
  });
});

test('a pool that refused for its circuit is not asked again by the next request', async () => {
  let asked = 0;
  const acquire = () => {
    asked += 1;
    return Promise.resolve(err({ kind: 'circuit-open' as const, retryAfterMs: 300 }));
  };
  ports = { ...ports, calls: { ...fakeCalls(), acquire } };
  expect(await ask({ canGoElsewhere: true })).toEqual(err({ kind: 'circuit-open', retryAfterMs: 300 }));
  await time.advance(100);
  expect(await ask({ canGoElsewhere: true })).toEqual(err({ kind: 'circuit-open', retryAfterMs: 200 }));
  expect(asked).toBe(1);
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

describe('the right to probe', () => {
  const permits = [{ circuitId: 'r1', number: 7, deadlineMs: 1_000_500 }];

  async function probe(): Promise<SlotGrant> {
    fake.nextGrants.push({ replicaId: 'r1', permits });
    const slot = await hold();
    expect(slot.permits).toEqual(permits);
    return slot;
  }

  test('is answered with the slot, which is not kept', async () => {
    end(await probe(), 'ok');
    await time.settle();
    expect(fake.returned).toEqual([{ leaseId: 'l1', outcome: 'served', probe: { permits, outcome: 'ok' } }]);
    expect(fake.reports).toMatchObject([[{ run: 'o' }]]);
    expect(await hold()).not.toHaveProperty('permits');
  });

  test('ends once when its time is over before its request', async () => {
    const slot = await probe();
    broker.endProbe(slot, 'slow', ports);
    broker.endProbe(slot, 'ok', ports);
    await time.settle();
    end(slot, 'ok');
    await time.settle();
    const ends = fake.returned.flatMap((each) => each.probe ?? []);
    expect(ends).toEqual([{ permits, outcome: 'slow' }]);
    expect(fake.leases.size).toBe(0);
  });

  test('says nothing when its client is gone before the replica was called', async () => {
    broker.release(await probe(), 'client-gone', ports);
    await time.settle();
    expect(fake.returned).toMatchObject([{ probe: { outcome: null } }]);
  });

  test('that reaches an isolate whose client has left goes back at once', async () => {
    fake.deaf = true;
    const client = new AbortController();
    fake.nextGrants.push({ permits });
    const open = Promise.withResolvers<void>();
    fake.gate = open.promise;
    const request = { pool, tenant: 't', requestId: 'q', deadlineMs: time.nowMs + 1_000 };
    const waiting = broker.acquire(request, client.signal, ports);
    await time.settle();
    client.abort();
    fake.gate = null;
    open.resolve();
    expect(await waiting).toEqual(err({ kind: 'cancelled' }));
    await time.settle();
    expect(fake.returned).toMatchObject([{ probe: { permits, outcome: null } }]);
  });
});

describe('a pool that turns requests away', () => {
  let asked = 0;
  let answer: 'queue-full' | 'deadline' | 'grant' = 'queue-full';

  beforeEach(() => {
    asked = 0;
    answer = 'queue-full';
    const acquire: BrokerPorts['calls']['acquire'] = (name, waiter) => {
      asked += 1;
      if (answer === 'grant') return fake.acquire(name, waiter);
      return Promise.resolve(
        err(answer === 'deadline' ? { kind: 'deadline' } : { kind: 'queue-full', retryAfterMs: 4_000 }),
      );
    };
    ports = { ...ports, calls: { ...fakeCalls(), acquire } };
  });

  test('is spared most of them, and its own word on when to come back is passed on, never cut', async () => {
    for (let request = 0; request < 100; request += 1) await ask();
    expect(asked).toBeLessThan(30);
    expect(await ask()).toEqual(err({ kind: 'queue-full', retryAfterMs: 5_000 }));
  });

  test('is spared them before they begin to ask as well, and one that is let through is not drawn for twice', async () => {
    for (let request = 0; request < 100; request += 1) await ask();
    const request = { pool, tenant: 't', requestId: 'q', deadlineMs: time.nowMs + 1_000 };
    expect(broker.turnAway(request, ports)).toMatchObject({ kind: 'queue-full' });
    const before = asked;
    await broker.acquire(request, new AbortController().signal, ports, true);
    expect(asked).toBe(before + 1);
  });

  test('turns nobody away while the isolate has a slot that is idle', async () => {
    answer = 'grant';
    const slot = await ask();
    answer = 'queue-full';
    for (let request = 0; request < 100; request += 1) await ask();
    const request = { pool, tenant: 't', requestId: 'q', deadlineMs: time.nowMs + 1_000 };
    expect(broker.turnAway(request, ports)).not.toBeNull();
    if (slot.ok) broker.release(slot.value, 'served', ports);
    expect(broker.turnAway(request, ports)).toBeNull();
  });

  test('for one class still hears of another', async () => {
    for (let request = 0; request < 100; request += 1) await ask({ criticality: 'sheddable' });
    const before = asked;
    answer = 'grant';
    expect((await ask({ criticality: 'critical' })).ok).toBe(true);
    expect(asked).toBe(before + 1);
  });

  test('of one tenant still hears of another', async () => {
    for (let request = 0; request < 100; request += 1) await ask({ tenant: 'noisy' });
    const before = asked;
    answer = 'grant';
    for (let request = 0; request < 4; request += 1) await ask({ tenant: 'calm' });
    expect(asked).toBe(before + 4);
  });

  test('for other reasons than load is asked every time', async () => {
    answer = 'deadline';
    for (let request = 0; request < 100; request += 1) await ask();
    expect(asked).toBe(100);
  });

  test('is asked again soon after it has room', async () => {
    for (let request = 0; request < 100; request += 1) await ask();
    answer = 'grant';
    await time.advance(15_000);
    expect((await ask()).ok).toBe(true);
  });
});

test('how much a request matters reaches the pool, and nothing of it is made up where it is not said', async () => {
  await ask({ criticality: 'sheddable', latency: 'quick', weight: 3, canGoElsewhere: true, avoid: ['r9'] });
  await ask();
  const [said, unsaid] = fake.waiters;
  expect(said).toMatchObject({
    criticality: 'sheddable',
    latency: 'quick',
    weight: 3,
    canGoElsewhere: true,
    avoid: ['r9'],
  });
  expect(Object.keys(unsaid ?? {}).toSorted()).toEqual(['deadlineMs', 'id', 'tenant']);
});
