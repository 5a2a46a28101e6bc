// A place that scales by itself as the pool sees it: replicas, whatever the place does. The place is a few numbers here; the real ones have
// the conformance suite.
import { expect, test } from 'vitest';
import type { BackendError } from '../../../../src/backends/backend.ts';
import { ManagedBackend } from '../../../../src/backends/managed/managed-backend.ts';
import type { Sharing } from '../../../../src/backends/managed/managed-options.ts';
import type {
  ManagedLife,
  PlaceShortage,
  PlaceTarget,
} from '../../../../src/backends/managed/managed-place.ts';
import { err, ok } from '../../../../src/core/base/result.ts';

class Place {
  containers = 0;
  /** Containers follow the floor at once. */
  follows = true;
  doesAnswer = true;
  refuses: BackendError | null = null;
  hides: BackendError | null = null;
  shortage: PlaceShortage | null = null;
  ready: number | null = null;
  readonly told: PlaceTarget[] = [];
  asked = 0;
  onSet = (): void => undefined;

  async set(target: PlaceTarget) {
    this.onSet();
    if (this.refuses !== null) return err(this.refuses);
    this.told.push(target);
    if (this.follows) this.containers = target.floor + target.buffer;
    return ok(null);
  }

  async look() {
    if (this.hides !== null) return err(this.hides);
    const ready = this.ready === null ? {} : { ready: this.ready };
    const { containers, shortage } = this;
    return ok({ endpoint: 'https://place.test', containers, shortage, ...ready });
  }

  async answers(): Promise<boolean> {
    this.asked += 1;
    return this.doesAnswer;
  }
}

interface Stage {
  readonly containersMax?: number;
  readonly buffer?: number | null;
  readonly sharing?: Sharing;
  readonly awaitsEnd?: boolean;
}

function makeStage({ containersMax = 3, buffer = 0, sharing, awaitsEnd = true }: Stage = {}) {
  const place = new Place();
  let rows: readonly ManagedLife[] = [];
  let nowMs = 0;
  const lives = { read: () => rows, write: (next: readonly ManagedLife[]) => void (rows = next) };
  const open = (): ManagedBackend =>
    new ManagedBackend({
      version: 'm@1',
      place,
      lives,
      containersMax: () => containersMax,
      buffer,
      ...(sharing === undefined ? {} : { sharing }),
      idleMs: 2_000,
      awaitsEnd,
      shortageMs: 3_000,
      now: () => nowMs,
      wait: async (ms) => void (nowMs += ms),
    });
  return { place, backend: open(), open, rows: () => rows, pass: (ms: number) => (nowMs += ms) };
}

const start = (id: string, waitMs = 10_000) =>
  ({ id, generation: 1, pool: 'm@1~here', version: 'm@1', waitMs }) as const;

test('a replica is ready when as many containers run and the place answers', async () => {
  const { place, backend } = makeStage();
  place.follows = false;
  expect(await backend.start(start('a'))).toMatchObject({ value: { condition: 'loading' } });
  place.containers = 1;
  place.doesAnswer = false;
  expect(await backend.start(start('a'))).toMatchObject({ value: { condition: 'loading' } });
  place.doesAnswer = true;
  expect(await backend.start(start('a'))).toMatchObject({
    value: { condition: 'ready', endpoint: 'https://place.test' },
  });
  expect(await backend.start(start('b'))).toMatchObject({ value: { condition: 'loading' } });
});

test('a place is asked whether it answers only while somebody waits for that', async () => {
  const { place, backend } = makeStage();
  await backend.start(start('a'));
  const { asked } = place;
  await backend.list('m@1~here');
  await backend.reconcile();
  await backend.stop(start('a'));
  expect(place.asked).toBe(asked);
});

test('a stop is done when the containers are gone; asked again it goes on where it was', async () => {
  const { place, backend } = makeStage();
  await backend.start(start('a'));
  place.follows = false;
  expect(await backend.stop(start('a'))).toMatchObject({ ok: false, error: { kind: 'busy' } });
  expect(place.told.at(-1)).toMatchObject({ floor: 0 });
  expect(await backend.list('m@1~here')).toMatchObject({ value: [{ condition: 'draining' }] });
  place.containers = 0;
  expect(await backend.stop(start('a'))).toEqual(ok(null));
  expect(await backend.list('m@1~here')).toEqual(ok([]));
});

test('where what runs is not ours, a stop is over once the place has heard of it', async () => {
  const { place, backend } = makeStage({ awaitsEnd: false });
  await backend.start(start('a'));
  place.follows = false;
  expect(await backend.stop({ id: 'a', generation: 1 })).toEqual(ok(null));
  expect(place.told.map(({ floor }) => floor)).toEqual([1, 0]);
  expect(await backend.stop({ id: 'a', generation: 1 })).toMatchObject({
    ok: false,
    error: { kind: 'not-found' },
  });
  expect(place.told).toHaveLength(2);
});

test('containers that still run are part of the quota', async () => {
  const { place, backend } = makeStage({ containersMax: 1 });
  await backend.start(start('a'));
  place.follows = false;
  await backend.stop(start('a'));
  expect(backend.used).toBe(1);
  expect(await backend.start(start('b'))).toMatchObject({ ok: false, error: { kind: 'quota' } });
});

test('a floor that is lowered frees nothing before the place was looked at', async () => {
  const { place, backend } = makeStage();
  place.follows = false;
  await backend.start({ ...start('a'), waitMs: 0 });
  await backend.start({ ...start('b'), waitMs: 0 });
  const used: number[] = [];
  place.onSet = () => void used.push(backend.used);
  await backend.stop(start('a'));
  expect(used).toEqual([2]);
  expect(backend.used).toBe(1);
});

test('a start that is surely refused leaves nothing behind, one that may have been heard leaves its life', async () => {
  const { place, backend, rows } = makeStage();
  place.refuses = { kind: 'cannot-start', message: 'not deployed' };
  expect((await backend.start(start('a'))).ok).toBe(false);
  expect(rows()).toEqual([]);
  expect(backend.used).toBe(0);
  place.refuses = { kind: 'unreachable', message: 'away' };
  expect((await backend.start(start('a'))).ok).toBe(false);
  expect(rows()).toMatchObject([{ id: 'a' }]);
  place.refuses = null;
  expect(await backend.start(start('a'))).toMatchObject({ ok: true, value: { condition: 'ready' } });
});

test('whoever comes next holds the same floor', async () => {
  const { place, backend, open } = makeStage();
  await backend.start(start('a'));
  await backend.start(start('b'));
  place.containers = 0;
  await open().reconcile();
  expect(place.told.at(-1)).toMatchObject({ floor: 2 });
});

const hold = (order: number, containers: number, forMs = 60_000) =>
  ({ pool: 'm@1~here', order, containers, forMs }) as const;
const planned = { buffer: null, containersMax: 5 };

test('what a plan wants held beyond the replicas is the buffer; a burst takes from it and adds nothing', async () => {
  const { place, backend } = makeStage(planned);
  await backend.start(start('a'));
  await backend.hold(hold(1, 3));
  expect(place.told.at(-1)).toMatchObject({ floor: 1, buffer: 2, ceiling: 3 });
  place.follows = false;
  expect(await backend.start({ ...start('b'), waitMs: 0 })).toMatchObject({ value: { condition: 'ready' } });
  expect(place.told.at(-1)).toMatchObject({ floor: 2, buffer: 1, ceiling: 3 });
  await backend.hold(hold(2, 0));
  expect(place.told.at(-1)).toMatchObject({ floor: 2, buffer: 0 });
});

test('without a replica nothing is held, whatever a plan wants', async () => {
  const { place, backend } = makeStage(planned);
  await backend.hold(hold(1, 3));
  expect(place.told.at(-1)).toMatchObject({ floor: 0, buffer: 0 });
  await backend.start(start('a'));
  expect(place.told.at(-1)).toMatchObject({ floor: 1, buffer: 2 });
});

test('what is held ends with its plan, at the next comparison', async () => {
  const { place, backend, pass } = makeStage(planned);
  await backend.start(start('a'));
  await backend.hold(hold(1, 3, 5_000));
  pass(5_000);
  await backend.reconcile();
  expect(place.told.at(-1)).toMatchObject({ floor: 1, buffer: 0 });
});

test('the same wish again tells the place nothing, and the quota bounds every wish', async () => {
  const { place, backend } = makeStage(planned);
  await backend.start(start('a'));
  await backend.hold(hold(1, 9));
  expect(place.told.at(-1)).toMatchObject({ floor: 1, buffer: 4, ceiling: 5 });
  const told = place.told.length;
  await backend.hold(hold(1, 9));
  expect(place.told).toHaveLength(told);
});

test('a buffer that the model names is kept as it is', async () => {
  const { place, backend } = makeStage({ containersMax: 5, buffer: 1 });
  await backend.start(start('a'));
  await backend.hold(hold(1, 4));
  expect(place.told.at(-1)).toMatchObject({ floor: 1, buffer: 1 });
});

test('while others are short of GPUs a plan has no buffer, and makes room at once', async () => {
  let isShort = false;
  const sharing = { isKnown: () => true, isShort: () => isShort, tellShort: () => undefined };
  const { place, backend } = makeStage({ ...planned, sharing });
  await backend.start(start('a'));
  await backend.hold(hold(1, 3));
  isShort = true;
  await backend.makeRoom();
  expect(place.told.at(-1)).toMatchObject({ floor: 1, buffer: 0 });
  isShort = false;
  await backend.reconcile();
  expect(place.told.at(-1)).toMatchObject({ floor: 1, buffer: 2 });
});

test('a refusal for want of GPUs is told to those who share them', async () => {
  let told = 0;
  const sharing = { isKnown: () => true, isShort: () => false, tellShort: () => void (told += 1) };
  const { backend } = makeStage({ containersMax: 1, sharing });
  await backend.start(start('a'));
  expect(told).toBe(0);
  expect(await backend.start(start('b'))).toMatchObject({ error: { kind: 'quota' } });
  expect(told).toBe(1);
});

test('nothing is begun before it is known what an earlier agent has left, and nothing is held for bursts', async () => {
  const sharing = { isKnown: () => false, isShort: () => false, tellShort: () => undefined };
  const { place, backend } = makeStage({ ...planned, sharing });
  expect(await backend.start(start('a'))).toMatchObject({ error: { kind: 'quota' } });
  expect(place.told).toEqual([]);
});

test('a lower floor that the place may not have heard of frees nothing', async () => {
  const { place, backend } = makeStage();
  await backend.start(start('a'));
  await backend.start(start('b'));
  place.refuses = { kind: 'timeout', message: 'no answer' };
  place.containers = 0;
  expect((await backend.stop(start('a'))).ok).toBe(false);
  await backend.list('m@1~here');
  expect(backend.used).toBe(2);
  place.refuses = null;
  await backend.stop(start('a'));
  expect(backend.used).toBe(1);
});

test('a place that hangs has one more word in line at most, and that one is the newest', async () => {
  const { place, backend } = makeStage();
  await backend.start(start('a'));
  const told = place.told.length;
  const { promise, resolve } = Promise.withResolvers<void>();
  const set = place.set.bind(place);
  place.set = async (target) => {
    await promise;
    return set(target);
  };
  const first = backend.reconcile();
  await Promise.resolve();
  const others = Array.from({ length: 5 }, () => backend.reconcile());
  const started = backend.start(start('b'));
  resolve();
  expect((await Promise.all([first, ...others])).every((reply) => reply.ok)).toBe(true);
  await started;
  expect(place.told.slice(told).map(({ floor }) => floor)).toEqual([1, 2]);
});

test('a place is known once it was told, or is not there', async () => {
  const { place, backend, open } = makeStage();
  place.refuses = { kind: 'unreachable', message: 'away' };
  await backend.reconcile();
  expect(backend.isKnown).toBe(false);
  place.refuses = { kind: 'quota', message: 'throttled', retryAfterMs: 1 };
  await backend.reconcile();
  expect(backend.isKnown).toBe(false);
  place.refuses = { kind: 'cannot-start', message: 'not deployed' };
  await backend.reconcile();
  expect(backend.isKnown).toBe(true);
  place.refuses = null;
  const next = open();
  await next.reconcile();
  expect(next.isKnown).toBe(true);
});

test('containers that load are no replicas that are ready, where the place tells them apart', async () => {
  const { place, backend } = makeStage();
  place.ready = 0;
  expect(await backend.start(start('a'))).toMatchObject({ value: { condition: 'loading' } });
  place.ready = 1;
  expect(await backend.start(start('a'))).toMatchObject({ value: { condition: 'ready' } });
});

test('what the place has no room for is waited for a while, then refused, and leaves nothing behind', async () => {
  const { place, backend, rows } = makeStage();
  place.follows = false;
  place.shortage = { kind: 'no-capacity', message: 'no node has room' };
  expect(await backend.start({ ...start('a'), waitMs: 1_000 })).toMatchObject({
    value: { condition: 'loading' },
  });
  const refused = await backend.start(start('a'));
  expect(refused).toMatchObject({ ok: false, error: { kind: 'no-capacity', message: 'no node has room' } });
  expect(rows()).toEqual([]);
  expect(place.told.at(-1)).toMatchObject({ floor: 0 });
});

test('a shortage refuses nobody who has a container', async () => {
  const { place, backend } = makeStage();
  await backend.start(start('a'));
  place.shortage = { kind: 'quota', message: 'exceeded quota' };
  place.follows = false;
  expect(await backend.start(start('b'))).toMatchObject({ ok: false, error: { kind: 'quota' } });
  expect(await backend.start(start('a'))).toMatchObject({ value: { condition: 'ready' } });
});

const throttled = { kind: 'no-capacity', message: 'RunPod answered 429', retryAfterMs: 5_000 } as const;

test('throttled after the floor was raised: the start is transient, and nothing is held after its stop', async () => {
  const { place, backend, rows } = makeStage();
  place.onSet = () => void (place.hides = throttled);
  expect(await backend.start(start('a'))).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  expect(place.told.at(-1)).toMatchObject({ floor: 1 });
  expect(await backend.list('m@1~here')).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  expect(await backend.stop(start('a'))).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  place.onSet = () => undefined;
  place.hides = null;
  expect(await backend.stop(start('a'))).toEqual(ok(null));
  expect(place.told.at(-1)).toMatchObject({ floor: 0 });
  expect(rows()).toEqual([]);
  expect(backend.used).toBe(0);
});

test('a refusal to hear it again is no refusal of the replica that may be held already', async () => {
  const { place, backend, rows } = makeStage();
  place.refuses = { kind: 'timeout', message: 'no answer' };
  await backend.start(start('a'));
  place.refuses = throttled;
  const again = await backend.start(start('a'));
  expect(again).toMatchObject({ ok: false, error: { kind: 'unreachable', message: 'RunPod answered 429' } });
  expect(await backend.stop(start('a'))).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  // The next life begins once the one before has ended, so that its refusal says nothing of room either.
  const next = { ...start('a'), generation: 2 };
  expect(await backend.start(next)).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  expect(rows()).toHaveLength(1);
  place.refuses = null;
  expect(await backend.stop(start('a'))).toEqual(ok(null));
  expect(backend.used).toBe(0);
});

test('a share that could not be given back for want of an ear stays known', async () => {
  const { place, backend, rows } = makeStage();
  place.follows = false;
  place.shortage = { kind: 'no-capacity', message: 'no node has room' };
  place.onSet = () => void (place.refuses = place.told.length > 0 ? throttled : null);
  expect(await backend.start(start('a'))).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
  expect(rows()).toMatchObject([{ id: 'a' }]);
});
