// The terms of a level's decision as bars on both sides of zero. Owns names for people and lengths; no drawing. Pure.
import type { LevelExplanation } from '../core/warming/explain-plan.ts';

export interface TermWords {
  readonly label: string;
  readonly meaning: string;
}

/** By the names that the planner gives them. */
export const termWords: Readonly<Record<string, TermWords>> = {
  usual: { label: 'usual', meaning: 'what keeping it usually saves' },
  age: { label: 'age', meaning: 'how long ago this level was last used' },
  ups: { label: 'ups', meaning: 'how often this level was needed of late' },
  own: { label: 'own', meaning: 'how pauses of this length have ended at this level so far' },
  gap: { label: 'gap', meaning: 'how far this level lies above the present load' },
  rates: { label: 'rates', meaning: 'requests to this pool in the last minutes, hour and day' },
  season: { label: 'season', meaning: 'the same time on earlier days' },
  tenants: { label: 'tenants', meaning: 'which tenants are active now, here and elsewhere' },
  graph: { label: 'on their way', meaning: 'runs of functions that are on their way to this pool' },
  platform: { label: 'platform', meaning: 'traffic of all pools together' },
  hour: { label: 'hour', meaning: 'the hour of the day' },
  'price of keeping it': { label: 'price', meaning: 'the price of keeping it that long' },
};

export interface TermBar extends TermWords {
  readonly name: string;
  readonly gpuSeconds: number;
  /** Where the bar begins and how long it is, in percent of the room. */
  readonly startPercent: number;
  readonly lengthPercent: number;
}

export interface LevelBars {
  readonly zeroPercent: number;
  readonly bars: readonly TermBar[];
  /** The sum of all terms: above zero the level is kept. */
  readonly sum: TermBar;
}

/** The longest bar to the left and the longest to the right fill the room together. */
export function layOutTerms({ terms }: Pick<LevelExplanation, 'terms'>): LevelBars {
  const total = terms.reduce((sum, { gpuSeconds }) => sum + gpuSeconds, 0);
  const values = [...terms.map(({ gpuSeconds }) => gpuSeconds), total, 0].filter(Number.isFinite);
  const low = Math.min(...values);
  const room = Math.max(...values) - low || 1;
  const zeroPercent = (100 * -low) / room;
  const bar = (name: string, gpuSeconds: number, term: TermWords): TermBar => {
    const lengthPercent = Number.isFinite(gpuSeconds) ? (100 * Math.abs(gpuSeconds)) / room : 0;
    const startPercent = gpuSeconds < 0 ? zeroPercent - lengthPercent : zeroPercent;
    return { name, gpuSeconds, ...term, startPercent, lengthPercent };
  };
  return {
    zeroPercent,
    bars: terms.map(({ name, gpuSeconds }) =>
      bar(name, gpuSeconds, termWords[name] ?? { label: name, meaning: name }),
    ),
    sum: bar('sum', total, { label: 'sum', meaning: 'above zero the level is kept' }),
  };
}
