// A seeded pseudo-random generator (sfc32, Chris Doty-Humphrey's Small Fast Counting generator). Pure state machine with a
// mutable cursor; never used for secrets.

/** Draws in [0, 1). The same seed gives the same sequence on every machine. */
export interface Rng {
  (): number;
}

/** Makes a generator from a 32-bit integer seed. */
export function makeRng(seed: number): Rng {
  let a = seed >>> 0;
  let b = 0x9e3779b9;
  let c = 0x243f6a88;
  let counter = 1;
  const next = (): number => {
    const t = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + t) >>> 0;
    return t / 4_294_967_296;
  };
  // The first draws still carry the pattern of the seed; twelve rounds mix it through the state.
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

/** An integer in [from, to], both included. */
export function drawInteger(rng: Rng, from: number, to: number): number {
  return from + Math.floor(rng() * (to - from + 1));
}
