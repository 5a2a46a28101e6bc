// Forecasts that are wrong on purpose, to measure the worst case: each bends the hazards that the learned model gives. Deterministic.
import { buyCosts, type WarmthFigures } from '../../core/warming/exchange.ts';

export const attackNames = ['inverted', 'shuffled', 'stuck', 'nan', 'exploding'] as const;
export type AttackName = (typeof attackNames)[number];

/** Bends a hazard (per second) of a level of a pool. */
export type Attack = (hazard: number, pool: number, level: number) => number;

/** Between any two questions another pool's answer is given: this many answers are remembered. */
const shuffleMax = 1_024;

/**
 * `inverted`: mirrored at the break-even on a logarithmic scale, so that every decision is the opposite; `shuffled`: the answer to some
 * other question; `stuck`: the first answer for ever; `nan`: no number; `exploding`: everything is about to happen.
 */
export function makeAttack(name: AttackName, figures: WarmthFigures): Attack {
  const { hotSeconds, parkedSeconds } = buyCosts(figures);
  const buySeconds = parkedSeconds > 0 ? Math.sqrt(hotSeconds * parkedSeconds) : hotSeconds;
  switch (name) {
    case 'inverted':
      return (hazard) => 1 / (buySeconds * buySeconds * Math.max(hazard, 1e-12));
    case 'shuffled':
      return shuffle();
    case 'stuck': {
      const first = new Map<string, number>();
      return (hazard, pool, level) => {
        const key = `${pool} ${level}`;
        const known = first.get(key) ?? hazard;
        first.set(key, known);
        return known;
      };
    }
    case 'nan':
      return () => Number.NaN;
    case 'exploding':
      return () => 1e9;
  }
}

function shuffle(): Attack {
  const answers = new Float64Array(shuffleMax);
  let asked = 0;
  return (hazard) => {
    // A multiplicative hash of the count stands for chance: the same run shuffles alike.
    const at = Math.imul(asked, 0x9e3779b1) >>> 22;
    asked += 1;
    const other = answers[at] ?? 0;
    answers[at] = hazard;
    return other;
  };
}
