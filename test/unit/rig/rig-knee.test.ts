// The rate that counts as capacity: the largest one at which nobody waits long, and nobody in vain.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findKnee, type Tried } from '../../rig/load/knee.ts';

const SATURATED = 100;
const CALM_MS = 50;

/** A gateway whose first text comes so many times later than usual at a rate. */
function gateway(stretchAt: (rate: number) => number, badAt: (rate: number) => number = () => 0) {
  const rates: number[] = [];
  const tryRate = async (rate: number): Promise<Tried> => {
    rates.push(rate);
    return { firstP99Ms: CALM_MS * (rate < 50 ? 1 : stretchAt(rate)), bad: badAt(rate) };
  };
  return { rates, knee: () => findKnee({ saturated: SATURATED, tryRate, progress: () => undefined }) };
}

describe('the knee', () => {
  it('is the largest rate at which the first text takes at most twice what it does at light load', async () => {
    const edges = fc.integer({ min: 80, max: 100 }).map((edge) => edge - (edge % 2));
    await fc.assert(
      fc.asyncProperty(edges, async (edge) => {
        const { knee } = gateway((rate) => (rate > edge + 0.001 ? 2.01 : 2));
        const { rate, share, stretch } = await knee();
        expect(rate).toBeCloseTo(edge, 6);
        expect(share).toBeCloseTo(edge / SATURATED, 6);
        expect(stretch).toBeCloseTo(2, 6);
      }),
    );
  });

  it('is no rate at which a request went without its answer, however quick the others', async () => {
    const { knee } = gateway(
      () => 1,
      (rate) => (rate > 90.001 ? 1 : 0),
    );
    expect((await knee()).rate).toBeCloseTo(90, 6);
  });

  it('is looked for from above, light load first, and no further than where it is found', async () => {
    const { rates, knee } = gateway((rate) => (rate > 96.001 ? 3 : 1));
    await knee();
    expect(rates.map(Math.round)).toEqual([30, 100, 98, 96]);
  });

  it('is the smallest rate tried, with what it stretched, when none does it', async () => {
    const { knee } = gateway(() => 5);
    const { share, stretch } = await knee();
    expect(share).toBe(0.8);
    expect(stretch).toBe(5);
  });

  it('is not taken for found where no first text came at all', async () => {
    const { knee } = gateway(() => Number.NaN);
    expect((await knee()).share).toBe(0.8);
  });
});
