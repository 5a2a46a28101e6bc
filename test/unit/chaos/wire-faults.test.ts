// A call to Modal that is held back while its agent is killed: when it is carried out after all, and that nobody is told it is done before.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WireFaults, type Resume } from '../../support/modal/wire-faults.ts';

const withinMs = 10_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A call that is held back, others that come meanwhile, and the order in which they are done. */
class Wire {
  readonly faults = new WireFaults();
  readonly done: string[] = [];
  settled = false;

  constructor(resume: Resume) {
    const act = (): void => void this.done.push('kill');
    this.faults.add({ rpc: 'Create', how: 'meanwhile', when: 'before', resume, times: 1, act });
    void this.call('Create', 'held');
    void this.faults.settled().then(() => (this.settled = true));
  }

  call(rpc: string, name: string): Promise<void> {
    return this.faults.pass(rpc, async () => {
      await Promise.resolve();
      this.done.push(name);
    });
  }
}

function heldUntilNext(side: 'before' | 'after'): Wire {
  return new Wire({ kind: 'next-call', side, withinMs });
}

test.each([
  ['before', ['kill', 'held', 'next']],
  ['after', ['kill', 'next', 'held']],
] as const)('it is done right %s the next call of that name, once', async (side, order) => {
  const wire = heldUntilNext(side);
  await wire.call('Create', 'next');
  await wire.faults.settled();
  expect(wire.done).toEqual(order);
  await wire.call('Create', 'third');
  await vi.advanceTimersByTimeAsync(2 * withinMs);
  expect(wire.done).toEqual([...order, 'third']);
});

test('calls of another name do not free it, and without a next one it is done when its time is up', async () => {
  const wire = heldUntilNext('before');
  await wire.call('List', 'list');
  await vi.advanceTimersByTimeAsync(withinMs - 1);
  expect(wire).toMatchObject({ done: ['kill', 'list'], settled: false });
  await vi.advanceTimersByTimeAsync(1);
  expect(wire).toMatchObject({ done: ['kill', 'list', 'held'], settled: true });
});

test('it waits no longer than that for a next call that never ends', async () => {
  const wire = heldUntilNext('after');
  wire.faults.add({ rpc: 'Create', how: 'never' });
  void wire.call('Create', 'next');
  await vi.advanceTimersByTimeAsync(withinMs);
  expect(wire.done).toEqual(['kill', 'held']);
});

test.each(['before', 'after'] as const)(
  'that one of the two fails is not told to the other: %s',
  async (side) => {
    const faults = new WireFaults();
    const resume = { kind: 'next-call', side, withinMs } as const;
    faults.add({ rpc: 'Create', how: 'meanwhile', when: 'before', resume, times: 1, act: () => undefined });
    const held = faults.pass('Create', () => Promise.reject(new Error('the name is taken')));
    const isTold = expect(held).rejects.toThrow('the name is taken');
    await expect(faults.pass('Create', async () => 'made')).resolves.toBe('made');
    await isTold;
    await faults.settled();
  },
);
