// Reads costs off a policy's curve: the lower envelope of what its points reach, and straight lines between them on logarithmic scales.
// Owns what "at the same cold share" means. Pure.

/** What one setting of a policy reached. `x` is what one would like small for its own sake: cold share in %, or mean wait in seconds. */
export interface CurvePoint {
  readonly x: number;
  /** GPU-hours. */
  readonly hours: number;
  /** The setting, as on the command line. */
  readonly spec: string;
}

export interface Reading {
  readonly hours: number;
  /** The settings between which the value lies; the same one twice where a point reaches further than was asked. */
  readonly between: readonly [string, string];
}

/** The points that no other one beats in both, by rising x and falling hours. Points without waiting (x = 0) have no place on a log scale. */
export function lowerEnvelope(points: readonly CurvePoint[]): readonly CurvePoint[] {
  const envelope: CurvePoint[] = [];
  let least = Infinity;
  const sorted = points
    .filter(({ x, hours }) => x > 0 && hours > 0)
    .sort((a, b) => a.x - b.x || a.hours - b.hours);
  for (const point of sorted) {
    if (point.hours >= least) continue;
    least = point.hours;
    envelope.push(point);
  }
  return envelope;
}

/**
 * What it costs to reach `x` or less. Between two points log hours is linear in log x; beyond the cheapest point its cost holds, for it
 * reaches more than was asked; null where no point is that warm.
 */
export function costAt(envelope: readonly CurvePoint[], x: number): Reading | null {
  const next = envelope.findIndex((point) => point.x >= x);
  const right = envelope[next];
  const left = next === -1 ? envelope.at(-1) : envelope[next - 1];
  if (right === undefined)
    return left === undefined ? null : { hours: left.hours, between: [left.spec, left.spec] };
  if (right.x === x) return { hours: right.hours, between: [right.spec, right.spec] };
  if (left === undefined) return null;
  const share = Math.log(x / left.x) / Math.log(right.x / left.x);
  const hours = left.hours * (right.hours / left.hours) ** share;
  return { hours, between: [left.spec, right.spec] };
}
