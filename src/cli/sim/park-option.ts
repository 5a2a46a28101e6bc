// `--park S:FRACTION`: what a wake from parked takes, and what a parked second costs as a share of a hot one.
import { OptionError, readNumber } from './option-values.ts';

export interface Parking {
  readonly wakeMs: number;
  readonly parkedShare: number;
}

/** Complains about a tier that cannot be: slower than a load, free of charge, or as dear as a hot replica. */
export function readParking(given: string, loadMs: number): Parking {
  const [wake, share, ...rest] = given.split(':');
  if (wake === undefined || share === undefined || rest.length > 0)
    throw new OptionError(`--park takes SECONDS:FRACTION like 2:0.1, not "${given}"`);
  const wakeMs = 1000 * readNumber('park', wake, { min: 0, max: 3600, isAbove: true });
  if (wakeMs >= loadMs)
    throw new OptionError(
      `--park ${given}: a wake of ${wake} s is no faster than a load of ${loadMs / 1000} s (--load)`,
    );
  const parkedShare = Number(share.trim() === '' ? Number.NaN : share);
  if (!(parkedShare > 0 && parkedShare < 1))
    throw new OptionError(
      `--park ${given}: the price of a parked second must be above 0 and below 1 (1 = as dear as hot; what costs nothing would be kept for ever), not "${share}"`,
    );
  return { wakeMs, parkedShare };
}
