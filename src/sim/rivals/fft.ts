// Discrete Fourier transform of a real series whose length is a power of two (radix 2, Cooley and Tukey 1965), in place. Pure.
import { assert } from '../../core/base/assert.ts';

/** Transforms `re + i im` in place: X[k] = sum over n of x[n] e^(-2 pi i k n / N). Lengths are equal and a power of two. */
export function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  assert(
    size > 0 && (size & (size - 1)) === 0 && im.length === size,
    'both parts have the same power of two',
  );
  reverseBits(re, im);
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k += 1) {
      const angle = (-Math.PI * k) / half;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      for (let even = k; even < size; even += 2 * half) {
        const odd = even + half;
        const oddRe = re[odd] ?? 0;
        const oddIm = im[odd] ?? 0;
        const turnedRe = oddRe * cos - oddIm * sin;
        const turnedIm = oddRe * sin + oddIm * cos;
        re[odd] = (re[even] ?? 0) - turnedRe;
        im[odd] = (im[even] ?? 0) - turnedIm;
        re[even] = (re[even] ?? 0) + turnedRe;
        im[even] = (im[even] ?? 0) + turnedIm;
      }
    }
  }
}

function reverseBits(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  let reversed = 0;
  for (let at = 1; at < size; at += 1) {
    let bit = size >> 1;
    for (; (reversed & bit) !== 0; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (at >= reversed) continue;
    swap(re, at, reversed);
    swap(im, at, reversed);
  }
}

function swap(values: Float64Array, a: number, b: number): void {
  const kept = values[a] ?? 0;
  values[a] = values[b] ?? 0;
  values[b] = kept;
}
