// Unit vectors in memory, and the nearest of them by exact search. At the bound of an index that is 10 million multiplications, which
// take less time than an approximate structure would cost in memory and in recall. Owns its blocks; pure otherwise.
import { assert } from '../base/assert.ts';
import type { Scored } from './fuse-ranks.ts';

/** Vectors per block: growth costs one block, not a copy of all. */
const blockVectors = 1_024;

export class VectorTable {
  readonly #dims: number;
  readonly #blocks: Float32Array[] = [];
  readonly #keys: number[] = [];
  readonly #slots = new Map<number, number>();

  constructor(dims: number) {
    this.#dims = dims;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** Stores a vector of length 1 under a key, in place of an earlier one. */
  set(key: number, vector: Float32Array): void {
    assert(vector.length === this.#dims, `a vector of ${vector.length} among those of ${this.#dims}`);
    const slot = this.#slots.get(key) ?? this.#keys.length;
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    if (slot === this.#blocks.length * blockVectors)
      this.#blocks.push(new Float32Array(blockVectors * this.#dims));
    this.#view(slot).set(vector);
  }

  /** The last vector moves into the gap. */
  delete(key: number): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    const last = this.#keys.length - 1;
    const lastKey = this.#keys[last] ?? key;
    this.#view(slot).set(this.#view(last));
    this.#keys[slot] = lastKey;
    this.#slots.set(lastKey, slot);
    this.#slots.delete(key);
    this.#keys.length = last;
    if (last === (this.#blocks.length - 1) * blockVectors) this.#blocks.pop();
  }

  /** The `limit` keys with the largest cosine, best first, equal ones by key; of `allowed` keys alone unless it is null. */
  nearest(query: Float32Array, limit: number, allowed: ReadonlySet<number> | null): readonly Scored[] {
    const best: Scored[] = [];
    for (const [at, block] of this.#blocks.entries()) {
      const first = at * blockVectors;
      const count = Math.min(blockVectors, this.#keys.length - first);
      for (let each = 0; each < count; each += 1) {
        const key = this.#keys[first + each] ?? 0;
        if (allowed !== null && !allowed.has(key)) continue;
        keep(best, { key, score: dot(query, block, each * this.#dims) }, limit);
      }
    }
    return best;
  }

  #view(slot: number): Float32Array {
    const block = this.#blocks[Math.floor(slot / blockVectors)];
    assert(block !== undefined, `slot ${slot} has no block`);
    const start = (slot % blockVectors) * this.#dims;
    return block.subarray(start, start + this.#dims);
  }
}

function dot(query: Float32Array, block: Float32Array, start: number): number {
  let sum = 0;
  for (let at = 0; at < query.length; at += 1) sum += (query[at] ?? 0) * (block[start + at] ?? 0);
  return sum;
}

/** Inserts into a list that is best first and holds at most `limit`. */
function keep(best: Scored[], candidate: Scored, limit: number): void {
  const worst = best[limit - 1];
  if (worst !== undefined && isBetter(worst, candidate)) return;
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = best[middle];
    if (other !== undefined && isBetter(other, candidate)) low = middle + 1;
    else high = middle;
  }
  best.splice(low, 0, candidate);
  if (best.length > limit) best.pop();
}

function isBetter(one: Scored, other: Scored): boolean {
  return one.score > other.score || (one.score === other.score && one.key < other.key);
}

/** The vector of length 1 in the same direction; null for one that has none. */
export function normalize(vector: ArrayLike<number>): Float32Array | null {
  let sum = 0;
  for (let at = 0; at < vector.length; at += 1) sum += (vector[at] ?? 0) ** 2;
  const length = Math.sqrt(sum);
  if (!Number.isFinite(length) || length === 0) return null;
  return Float32Array.from(vector, (value) => value / length);
}
