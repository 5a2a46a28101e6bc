// How an isolate follows a tenant's rules: within five seconds, without a hop on the warm path, one question at a time, and by what was good
// last when the object is dead.
import { beforeEach, describe, expect, test } from 'vitest';
import { err, ok } from '../../../src/core/base/result.ts';
import type { PublishedRules } from '../../../src/core/store/shared-rules.ts';
import { followMsMax, RuleSnapshots, type SnapshotPorts } from '../../../src/hosts/rule-snapshots.ts';
import type { RuleSnapshot, ShelfBounds } from '../../../src/hosts/snapshot-shelf.ts';
import { ManualTime } from './manual-time.ts';

/** Rules are their own text here. */
class FakeObject {
  answer: PublishedRules = { version: 0, generation: 0, hash: 'file', document: null };
  /** Round trip; Infinity = it hangs. */
  answerMs = 20;
  isDead = false;
  /** Generations that callers said they know. */
  readonly asked: number[] = [];

  publish(version: number, document = `rules ${version}`, generation = version * 1_000): void {
    this.answer = { version, generation, hash: `h${version}`, document };
  }
}

let time: ManualTime;
let object: FakeObject;
let background: Promise<unknown>[];
let snapshots: RuleSnapshots<string>;
let ports: SnapshotPorts<string>;

function setUp(bounds?: ShelfBounds): void {
  time = new ManualTime();
  object = new FakeObject();
  background = [];
  snapshots = new RuleSnapshots(bounds);
  ports = {
    now: () => time.nowMs,
    sleep: (ms) => time.sleep(ms),
    waitUntil: (work) => void background.push(work),
    async follow(_tenant, knownGeneration) {
      object.asked.push(knownGeneration);
      if (object.isDead) throw new Error('the object is dead');
      if (object.answerMs === Infinity) return new Promise(() => undefined);
      // The object reads when it is asked, and the answer travels.
      const { answer } = object;
      await time.sleep(object.answerMs);
      return answer.generation === knownGeneration ? { ...answer, document: null } : answer;
    },
    parse: (document) => (document.startsWith('rules') ? ok(document) : err('is odd')),
    file: () => ({ rules: 'file', hash: 'file' }),
  };
}

beforeEach(() => setUp());

interface Served {
  readonly snapshot: RuleSnapshot<string>;
  readonly waitedMs: number;
  /** Without a turn of the event loop. */
  readonly atOnce: boolean;
}

/** One request; time goes on while it waits, and no further. */
async function ask(tenant = 't'): Promise<Served> {
  const startMs = time.nowMs;
  const given = snapshots.rulesFor(tenant, ports);
  if (!(given instanceof Promise)) {
    await time.settle();
    return { snapshot: given, waitedMs: 0, atOnce: true };
  }
  const done: RuleSnapshot<string>[] = [];
  void given.then((snapshot) => done.push(snapshot));
  await time.settle();
  for (let ms = 0; done.length === 0 && ms < 60_000; ms += 1) await time.advance(1);
  const [snapshot] = done;
  if (snapshot === undefined) throw new Error('the request waits for ever');
  return { snapshot, waitedMs: time.nowMs - startMs, atOnce: false };
}

const rulesNow = async (tenant = 't'): Promise<string> => (await ask(tenant)).snapshot.rules;

describe('a tenant that this isolate knows', () => {
  test('is served at once, and steady traffic asks the object once in two seconds', async () => {
    object.publish(1);
    await ask();
    for (let request = 0; request < 1_000; request += 1) {
      await time.advance(10);
      const { atOnce, snapshot } = await ask();
      expect(atOnce).toBe(true);
      expect(snapshot).toMatchObject({ rules: 'rules 1', version: 1, source: 'published' });
    }
    expect(object.asked.length).toBeLessThanOrEqual(1 + 10_000 / 2_000);
    expect(snapshots.status(time.nowMs).counts).toMatchObject({ changed: 1, waited: 1, servedOld: 0 });
  });

  test('gets published rules within five seconds, whenever its requests come', async () => {
    for (const everyMs of [10, 400, 1_900, 3_100, 4_500, 9_000, 600_000]) {
      for (let publishedAfterMs = 0; publishedAfterMs < everyMs + 4_100; publishedAfterMs += 333) {
        setUp();
        object.publish(1);
        await ask();
        const publishMs = time.nowMs + publishedAfterMs;
        for (;;) {
          const nextMs = time.nowMs + everyMs;
          if (nextMs > publishMs && object.answer.version === 1) {
            await time.advance(publishMs - time.nowMs);
            object.publish(2);
          }
          await time.advance(nextMs - time.nowMs);
          const cameMs = time.nowMs;
          const rules = await rulesNow();
          if (cameMs - publishMs >= followMsMax) {
            expect(rules, `every ${everyMs} ms, published after ${publishedAfterMs} ms`).toBe('rules 2');
            break;
          }
        }
      }
    }
  });

  test('that nobody asked for in a while costs the next request one round trip', async () => {
    object.publish(1);
    await ask();
    object.publish(2);
    await time.advance(60_000);
    expect(await ask()).toMatchObject({ snapshot: { rules: 'rules 2' }, waitedMs: object.answerMs });
  });

  test('is asked about once however many requests come together', async () => {
    object.publish(1);
    await ask();
    await time.advance(3_000);
    for (let request = 0; request < 50; request += 1) void snapshots.rulesFor('t', ports);
    expect(object.asked).toHaveLength(2);
    await time.advance(60_000);
    const waiting = Array.from({ length: 50 }, async () => snapshots.rulesFor('t', ports));
    expect(object.asked).toHaveLength(3);
    await time.advance(100);
    expect(new Set((await Promise.all(waiting)).map(({ rules }) => rules))).toEqual(new Set(['rules 1']));
  });

  test('tells the object what it has, so that nothing is sent twice', async () => {
    object.publish(1);
    await ask();
    await time.advance(3_000);
    await ask();
    expect(object.asked).toEqual([-1, 1_000]);
  });

  test('counts the age of its rules from the question, not from the answer: what is published in between is not missed', async () => {
    object.publish(1);
    object.answerMs = 1_400;
    const first = ask();
    await first;
    object.publish(2);
    const askedMs = time.nowMs - 1_000;
    await time.advance(askedMs + 2_001 - time.nowMs);
    await ask();
    expect(object.asked).toHaveLength(2);
  });

  test('is not taken back by an answer from before the last one', async () => {
    object.publish(1);
    await ask();
    await time.advance(3_000);
    object.answerMs = 500;
    await ask();
    const askedMs = time.nowMs;
    snapshots.learn(
      't',
      { version: 2, generation: 2_000, hash: 'h2', document: 'rules 2' },
      askedMs + 100,
      ports,
    );
    await time.advance(600);
    expect(await rulesNow()).toBe('rules 2');
    expect(snapshots.status(time.nowMs).counts).toMatchObject({ behind: 0, failed: 0 });
  });

  test('does not believe an object that has forgotten its latest rules, and says so', async () => {
    object.publish(2);
    await ask();
    object.publish(1);
    for (let second = 0; second < 20; second += 1) {
      await time.advance(1_000);
      expect(await rulesNow()).toBe('rules 2');
    }
    expect(snapshots.status(time.nowMs).counts.behind).toBeGreaterThan(3);
    expect(snapshots.tenantStatus('t', time.nowMs)?.failures).toBeGreaterThan(3);
    object.publish(3);
    await time.advance(2_000);
    await ask();
    await time.advance(100);
    expect(await rulesNow()).toBe('rules 3');
  });

  test('keeps its rules when the next ones cannot be read here, asks for those once, and takes the ones after them', async () => {
    object.publish(1);
    await ask();
    object.publish(2, 'of a later deployment');
    for (let second = 0; second < 10; second += 1) {
      await time.advance(1_000);
      expect(await rulesNow()).toBe('rules 1');
    }
    expect(snapshots.tenantStatus('t', time.nowMs)).toMatchObject({
      version: 1,
      unreadable: 'is odd',
      failures: 0,
    });
    expect(object.asked.filter((generation) => generation === 1_000)).toHaveLength(1);
    object.publish(3);
    await time.advance(3_000);
    await ask();
    await time.advance(100);
    expect(await rulesNow()).toBe('rules 3');
    expect(snapshots.tenantStatus('t', time.nowMs)).toMatchObject({ version: 3, unreadable: null });
  });
});

describe('the first request of a tenant', () => {
  test('waits for the object, and has published rules', async () => {
    object.publish(4);
    expect(await ask()).toMatchObject({
      snapshot: { rules: 'rules 4', version: 4, source: 'published' },
      waitedMs: object.answerMs,
    });
  });

  test('is served by the file where nothing is published', async () => {
    expect(await ask()).toMatchObject({ snapshot: { rules: 'file', version: 0, source: 'file' } });
    object.publish(1);
    await time.advance(3_000);
    await ask();
    await time.advance(100);
    expect(await rulesNow()).toBe('rules 1');
  });

  test.each([
    ['hangs', Infinity, false, 1_000],
    ['throws', 20, true, 1],
  ])(
    'to an object that %s is served by the file after a second at most, and is labelled',
    async (_how, answerMs, isDead, waitMsMax) => {
      object.answerMs = answerMs;
      object.isDead = isDead;
      const { snapshot, waitedMs } = await ask();
      expect(snapshot).toMatchObject({ rules: 'file', version: 0, source: 'file-unconfirmed' });
      expect(waitedMs).toBeLessThanOrEqual(waitMsMax);
      expect(snapshots.status(time.nowMs).counts.servedUnconfirmed).toBe(1);
    },
  );
});

describe('a dead object', () => {
  test.each([
    ['throws', 20, true],
    ['hangs', Infinity, false],
  ])(
    'that %s: what was good last serves for ten minutes, nobody waits twice, and it is asked about once a second at most',
    async (_how, answerMs, isDead) => {
      object.publish(7);
      await ask();
      const before = object.asked.length;
      object.answerMs = answerMs;
      object.isDead = isDead;
      let waited = 0;
      for (let request = 0; request < 6_000; request += 1) {
        await time.advance(100);
        const { snapshot, atOnce } = await ask();
        if (!atOnce) waited += 1;
        expect(snapshot).toMatchObject({ rules: 'rules 7', source: 'published' });
      }
      expect(waited).toBe(0);
      expect(object.asked.length - before).toBeLessThanOrEqual(600);
      expect(snapshots.tenantStatus('t', time.nowMs)).toMatchObject({
        version: 7,
        failures: expect.any(Number),
      });
      expect(snapshots.status(time.nowMs).counts.servedOld).toBeGreaterThan(5_900);
    },
  );

  test('that comes back is followed again within five seconds', async () => {
    object.publish(1);
    await ask();
    object.isDead = true;
    for (let second = 0; second < 60; second += 1) {
      await time.advance(1_000);
      await ask();
    }
    object.isDead = false;
    object.publish(2);
    for (let tenth = 0; tenth < 50; tenth += 1) {
      await time.advance(100);
      await ask();
    }
    expect(await rulesNow()).toBe('rules 2');
    expect(snapshots.tenantStatus('t', time.nowMs)).toMatchObject({ failures: 0 });
  });

  test('does not stop the next one from asking when the request that asked is torn down', async () => {
    object.publish(1);
    await ask();
    await time.advance(3_000);
    // The runtime ends the request: nothing of it goes on, not even its timers.
    const dying: SnapshotPorts<string> = {
      ...ports,
      follow: () => new Promise(() => undefined),
      sleep: () => new Promise(() => undefined),
    };
    void snapshots.rulesFor('t', dying);
    object.publish(2);
    await time.advance(1_600);
    expect(await rulesNow()).toBe('rules 2');
  });

  test('does not hang those who wait for another request’s question when that request is torn down', async () => {
    const dying: SnapshotPorts<string> = {
      ...ports,
      follow: () => new Promise(() => undefined),
      sleep: () => new Promise(() => undefined),
    };
    void snapshots.rulesFor('t', dying);
    const { snapshot, waitedMs } = await ask();
    expect(snapshot.source).toBe('file-unconfirmed');
    expect(waitedMs).toBeLessThanOrEqual(1_005);
  });
});

describe('an isolate holds a bounded part', () => {
  test('of tenants: the one that was asked about longest ago makes room', async () => {
    setUp({ tenantsMax: 2, charsMax: 1_000 });
    for (const tenant of ['a', 'b']) await ask(tenant);
    await time.advance(3_000);
    await ask('a');
    await ask('c');
    expect(snapshots.tenantStatus('b', time.nowMs)).toBeNull();
    expect(snapshots.tenantStatus('a', time.nowMs)).not.toBeNull();
    expect(snapshots.status(time.nowMs)).toMatchObject({ tenants: 2, counts: { evicted: 1 } });
  });

  test('of text: what is held is what is counted', async () => {
    setUp({ tenantsMax: 100, charsMax: 100 });
    object.publish(1, `rules ${'x'.repeat(34)}`);
    for (const tenant of ['a', 'b', 'c', 'd']) await ask(tenant);
    expect(snapshots.status(time.nowMs)).toMatchObject({ tenants: 2, chars: 80 });
    object.publish(2, 'rules');
    await time.advance(60_000);
    for (const tenant of ['c', 'd']) await ask(tenant);
    expect(snapshots.status(time.nowMs)).toMatchObject({ tenants: 2, chars: 10 });
  });

  test('but always the one that is being served', async () => {
    setUp({ tenantsMax: 1, charsMax: 1 });
    object.publish(1);
    expect(await rulesNow('a')).toBe('rules 1');
    expect(await rulesNow('b')).toBe('rules 1');
    expect((await ask('b')).atOnce).toBe(true);
    expect(snapshots.status(time.nowMs)).toMatchObject({ tenants: 1, counts: { asked: 2, evicted: 1 } });
  });
});
