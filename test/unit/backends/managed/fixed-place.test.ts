// What an endpoint that is always there is asked, and when: counted by its probes.
import { expect, test } from 'vitest';
import { FixedPlace } from '../../../../src/backends/managed/fixed-place.ts';
import { ok, type Result } from '../../../../src/core/base/result.ts';
import type { BackendError } from '../../../../src/backends/backend.ts';

const away: Result<null, BackendError> = { ok: false, error: { kind: 'unreachable', message: 'away' } };
const target = (floor: number) => ({ floor, buffer: 0, ceiling: Math.max(1, floor), idleMs: 0 });

function open() {
  const world = { nowMs: 0, isAway: false, probes: 0, most: 0, gate: Promise.resolve() };
  let under = 0;
  const place = new FixedPlace({
    baseUrl: 'https://vendor/v1',
    now: () => world.nowMs,
    probe: async () => {
      world.probes += 1;
      under += 1;
      world.most = Math.max(world.most, under);
      await world.gate;
      under -= 1;
      return world.isAway ? away : ok(null);
    },
  });
  return { place, world };
}

test('who wants more has it asked; who wants as much or less does not', async () => {
  const { place, world } = open();
  expect(await place.set(target(1))).toEqual(ok(null));
  expect(await place.set(target(1))).toEqual(ok(null));
  expect(await place.set(target(0))).toEqual(ok(null));
  expect(world.probes).toBe(1);
});

test('what was found holds for a moment, and then a look asks again', async () => {
  const { place, world } = open();
  await place.set(target(1));
  world.isAway = true;
  expect(await place.look()).toMatchObject({ ok: true });
  world.nowMs = 5_000;
  expect(await place.look()).toEqual(away);
  expect(world.probes).toBe(2);
});

test('a look after a refusal does not call it well: what is wanted there counts, not what was given', async () => {
  const { place, world } = open();
  world.isAway = true;
  expect(await place.set(target(1))).toEqual(away);
  expect(await place.look()).toEqual(away);
  world.isAway = false;
  expect(await place.look()).toMatchObject({ ok: true });
});

test('who gives up some of what was never given needs no leave, and who wants the rest still does', async () => {
  const { place, world } = open();
  world.isAway = true;
  expect(await place.set(target(8))).toEqual(away);
  expect(await place.set(target(1))).toEqual(ok(null));
  expect(world.probes).toBe(1);
  expect(await place.set(target(1))).toEqual(away);
  expect(await place.look()).toEqual(away);
});

test('who has given up everything does not care how it is', async () => {
  const { place, world } = open();
  world.isAway = true;
  await place.set(target(1));
  expect(await place.set(target(0))).toEqual(ok(null));
  expect(await place.look()).toMatchObject({ ok: true });
  expect(world.probes).toBe(1);
});

test('however many want to know, it is asked by one at a time', async () => {
  const { place, world } = open();
  const { promise, resolve } = Promise.withResolvers<void>();
  world.gate = promise;
  const asked = [place.set(target(1)), place.look(), place.set(target(2)), place.look()];
  resolve();
  await Promise.all(asked);
  expect([world.probes, world.most]).toEqual([1, 1]);
  world.nowMs = 9_000;
  await place.look();
  expect(world.probes).toBe(2);
});
