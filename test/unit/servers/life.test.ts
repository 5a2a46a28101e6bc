// The life of a model server: which change of state is allowed when, and slots in order of arrival.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerLife, waitingMax, type Admission } from '../../../gpu-workers/servers/life.ts';

const stays = new AbortController().signal;

function readyLife(slots: number): ServerLife {
  const life = new ServerLife(slots);
  life.loaded();
  return life;
}

/** Lets everything that is settled run on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('changes of state', () => {
  it('loads, serves, parks and wakes', () => {
    const life = new ServerLife(1);
    expect(life.state).toBe('loading');
    life.loaded();
    expect(life.park()).toBe(true);
    expect(life.state).toBe('parked');
    expect(life.wake()).toBe(true);
    expect(life.state).toBe('waking');
    life.loaded();
    expect(life.state).toBe('ready');
  });

  it('does not park while a request runs', async () => {
    const life = readyLife(2);
    await life.take(stays);
    expect(life.park()).toBe(false);
    life.release();
    expect(life.park()).toBe(true);
  });

  it.each(['loading', 'parked', 'waking', 'draining'] as const)('gives no slot while %s', async (state) => {
    const life = new ServerLife(1);
    if (state !== 'loading') life.loaded();
    if (state === 'parked' || state === 'waking') life.park();
    if (state === 'waking') life.wake();
    if (state === 'draining') life.drain();
    expect(life.state).toBe(state);
    expect(await life.take(stays)).toBe('not-ready');
  });

  it.each(['loading', 'waking'] as const)(
    'stays draining when the weights arrive after a drain while %s',
    (state) => {
      const life = new ServerLife(1);
      if (state === 'waking') {
        life.loaded();
        life.park();
        life.wake();
      }
      life.drain();
      life.loaded();
      expect(life.state).toBe('draining');
      expect(life.wake()).toBe(false);
      expect(life.park()).toBe(false);
    },
  );

  it('drains: what runs goes on, what waits is refused at once', async () => {
    const life = readyLife(1);
    await life.take(stays);
    const waiting = life.take(stays);
    life.drain();
    expect(await waiting).toBe('not-ready');
    expect(life.busySlots).toBe(1);
    let idle = false;
    void life.untilIdle().then(() => (idle = true));
    await settle();
    expect(idle).toBe(false);
    life.release();
    await settle();
    expect(idle).toBe(true);
  });
});

describe('slots', () => {
  it('a caller that leaves the queue is not served and holds up nobody', async () => {
    const life = readyLife(1);
    await life.take(stays);
    const leaving = new AbortController();
    const [second, third] = [life.take(leaving.signal), life.take(stays)];
    leaving.abort();
    expect(await second).toBe('gone');
    life.release();
    expect(await third).toBe('slot');
    expect(life.busySlots).toBe(1);
  });

  it('the queue is bounded', async () => {
    const life = readyLife(1);
    await life.take(stays);
    const waiting = Array.from({ length: waitingMax }, () => life.take(stays));
    expect(await life.take(stays)).toBe('crowded');
    life.release();
    expect(await waiting[0]).toBe('slot');
  });

  it('are never overbooked, never lost, and go to those who wait in order of arrival', async () => {
    const step = fc.constantFrom('come', 'leave', 'done');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(step, { maxLength: 40 }),
        async (slots, steps) => {
          const life = readyLife(slots);
          const callers: { leave: AbortController; admission: Admission | null }[] = [];
          const served: number[] = [];
          let done = 0;
          for (const [at, each] of steps.entries()) {
            if (each === 'come') {
              const caller = { leave: new AbortController(), admission: null as Admission | null };
              const number = callers.push(caller);
              void life.take(caller.leave.signal).then((admission) => {
                caller.admission = admission;
                if (admission === 'slot') served.push(number);
              });
            } else if (each === 'leave') callers[at % Math.max(1, callers.length)]?.leave.abort();
            else if (served.length > done) {
              done += 1;
              life.release();
            }
            await settle();
            expect(life.busySlots).toBe(served.length - done);
            expect(life.busySlots).toBeLessThanOrEqual(slots);
            const waiting = callers.some(({ admission }) => admission === null);
            expect(waiting && life.busySlots < slots).toBe(false);
          }
          expect(served).toEqual([...served].sort((one, other) => one - other));
        },
      ),
    );
  });
});
