// What a plan wants held reaches the place: when it changes, and again and again; a word that is lost is said again.
import { expect, test } from 'vitest';
import type { HoldCommand } from '../../../src/backends/backend.ts';
import { HoldTeller } from '../../../src/hosts/hold-teller.ts';
import { makePlan } from '../pool/pool-fixtures.ts';

function makeStage() {
  const told: HoldCommand[] = [];
  const stage = { nowMs: 1_000, hears: true };
  const teller = new HoldTeller({
    pool: 'm@1~here',
    version: 'm@1',
    now: () => stage.nowMs,
    async hold(command) {
      told.push(command);
      return stage.hears;
    },
  });
  return { teller, told, stage };
}

const plan = (burstTo: number | undefined, untilMs = 61_000) => ({
  ...makePlan(1, { untilMs }),
  ...(burstTo === undefined ? {} : { burstTo }),
});

test('a plan that wants something held is told with its end and its order', async () => {
  const { teller, told } = makeStage();
  await teller.changed(plan(3));
  expect(told).toEqual([{ pool: 'm@1~here', version: 'm@1', order: 61_000, containers: 3, forMs: 60_000 }]);
});

test('plans that want nothing held are not told, and neither is the same number again', async () => {
  const { teller, told } = makeStage();
  await teller.changed(null);
  await teller.changed(plan(undefined));
  await teller.repeat(plan(0));
  await teller.repeat(null);
  expect(told).toEqual([]);
  await teller.changed(plan(2));
  await teller.changed(plan(2, 90_000));
  expect(told).toHaveLength(1);
});

test('what is held is said again with each comparison, and so is its end until the place has heard of it', async () => {
  const { teller, told, stage } = makeStage();
  await teller.changed(plan(2));
  await teller.repeat(plan(2, 90_000));
  expect(told.map(({ order }) => order)).toEqual([61_000, 90_000]);
  stage.hears = false;
  await teller.changed(plan(0, 95_000));
  await teller.repeat(plan(0, 95_000));
  stage.hears = true;
  await teller.repeat(plan(0, 95_000));
  await teller.repeat(plan(0, 95_000));
  expect(told.slice(2).map(({ containers }) => containers)).toEqual([0, 0, 0]);
});

test('a plan that is over says nothing', async () => {
  const { teller, told, stage } = makeStage();
  stage.nowMs = 61_000;
  await teller.changed(plan(2));
  expect(told).toEqual([]);
});
