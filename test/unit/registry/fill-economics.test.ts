// Where a model's file says nothing of money and time, published figures stand in, and it is told which; what the file says is obeyed.
import { describe, expect, test } from 'vitest';
import type { ModelVersion } from '../../../src/core/registry/model.ts';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import { brainPoolOf, figuresOf } from '../../../src/core/warming/brain-settings.ts';
import { isParkingWorthwhile } from '../../../src/core/warming/exchange.ts';

const sandbox = { kind: 'modal-sandbox', app: 'a', image: 'i', gpu: 'H100', command: ['c'] };
const deployed = { kind: 'modal-function', app: 'a', function: 'f', gpu: 'A100-80GB:2' };

function read(patch: object): ModelVersion {
  const parsed = parseCatalogue(JSON.stringify({ versions: [{ id: 'm@1', task: 'chat', ...patch }] }));
  const first = parsed.ok ? parsed.value.versions[0] : undefined;
  if (first === undefined) throw new Error(parsed.ok ? 'no version' : parsed.error);
  return first;
}

const poolOf = (patch: object) => brainPoolOf(read(patch), 'm@1~here', 10_000);
const unmeasured = { loadMs: null, wakeMs: null };

describe('figures that are left out', () => {
  test('are those of the place and its GPU, with their source and day', () => {
    expect(read({ launch: sandbox })).toMatchObject({
      hotMicrosPerSecond: 1_097,
      parkedMicrosPerSecond: 1_097,
      loadGuessMs: 47_400,
      wakeGuessMs: 2_900,
      economicsFrom: {
        price: 'https://modal.com/pricing (2026-10-04)',
        times: 'https://blog.vllm.ai/2025/10/26/sleep-mode.html (2025-10-26)',
      },
    });
    expect(read({ launch: deployed })).toMatchObject({ hotMicrosPerSecond: 1_388, loadGuessMs: 70_000 });
    expect(read({ launch: { kind: 'embedder' } })).toMatchObject({
      hotMicrosPerSecond: 220,
      parkedMicrosPerSecond: 22,
      loadGuessMs: 5_000,
      wakeGuessMs: 500,
      economicsFrom: { price: 'assumed', times: 'assumed' },
    });
  });

  test('of a GPU that nobody has published a price of are assumed, and said to be', () => {
    expect(read({ launch: { ...sandbox, gpu: 'X999' } })).toMatchObject({
      hotMicrosPerSecond: 220,
      economicsFrom: { price: 'assumed' },
    });
  });

  test('yield to what the file says, each alone', () => {
    const own = read({ launch: sandbox, hotMicrosPerSecond: 900, loadGuessMs: 12_000 });
    expect(own).toMatchObject({
      hotMicrosPerSecond: 900,
      parkedMicrosPerSecond: 900,
      loadGuessMs: 12_000,
      wakeGuessMs: 2_900,
    });
    expect(own.economicsFrom).toBeUndefined();
    expect(read({ launch: sandbox, hotMicrosPerSecond: 900 }).economicsFrom).toMatchObject({
      price: 'the model file',
      times: expect.stringContaining('https://') as string,
    });
    expect(read({ launch: sandbox, parkedMicrosPerSecond: 0 }).parkedMicrosPerSecond).toBe(0);
    expect(read({ launch: sandbox, hotMicrosPerSecond: 0 }).hotMicrosPerSecond).toBe(0);
  });
});

describe('the planner', () => {
  test('counts on what a pool has measured, and on the guess until then', () => {
    const pool = poolOf({ launch: deployed });
    expect(figuresOf(pool, unmeasured).loadSeconds).toBe(70);
    expect(figuresOf(pool, { loadMs: 31_000, wakeMs: null }).loadSeconds).toBe(31);
  });

  test('never parks where a parked replica holds its GPU, or where nothing can be parked', () => {
    expect(isParkingWorthwhile(figuresOf(poolOf({ launch: sandbox }), unmeasured))).toBe(false);
    expect(poolOf({ launch: deployed }).parking).toBe(false);
    expect(figuresOf(poolOf({ launch: deployed }), unmeasured).wakeSeconds).toBeNull();
    const cheap = poolOf({ launch: sandbox, parkedMicrosPerSecond: 50 });
    expect(isParkingWorthwhile(figuresOf(cheap, unmeasured))).toBe(true);
  });

  test('moves the buffer of a place that scales by itself, unless the file names one', () => {
    expect(poolOf({ launch: deployed }).bursts).toBe(true);
    expect(poolOf({ launch: { ...deployed, buffer: 0 } }).bursts).toBe(false);
    expect(poolOf({ launch: sandbox }).bursts).toBe(false);
  });
});
