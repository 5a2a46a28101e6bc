// Logarithms of ages, looked up instead of computed: every level of every pool asks for several of them at every tick. Pure.

/** Ages are told apart by this much; no more than that is known of when a level was used. */
const grainMs = 2_000;
/** Beyond this age nothing is told apart any more. */
export const ageMsMax = 8 * 24 * 3_600_000;
const fineMs = 2 * 3_600_000;
const coarseMs = 120_000;

const fine = Float32Array.from({ length: fineMs / grainMs + 1 }, (_, at) =>
  Math.log2(Math.max(1, (at + 0.5) * grainMs) / 1000),
);
const coarse = Float32Array.from({ length: ageMsMax / coarseMs + 1 }, (_, at) =>
  Math.log2(((at + 0.5) * coarseMs) / 1000),
);

/** log2 of an age in seconds, between that of one second and that of eight days. */
export function logAge(ageMs: number): number {
  if (!(ageMs > 0)) return 0;
  if (ageMs < fineMs) return fine[Math.trunc(ageMs / grainMs)] ?? 0;
  return coarse[Math.min(coarse.length - 1, Math.trunc(ageMs / coarseMs))] ?? 0;
}
