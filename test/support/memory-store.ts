// The embedded store with its objects' rows in memory: for tests of what stands before a store, and of the store itself.
import { storeTimes, type StoreTimes } from '../../src/core/store/store-bounds.ts';
import { AnswerShard } from '../../src/store/answer-shard.ts';
import type { EdgeStore, RulesOrigin } from '../../src/store/edge-store.ts';
import { objectStore, type StorePart } from '../../src/store/object-store.ts';
import { RateShard } from '../../src/store/rate-shard.ts';
import { memoryPort } from './sqlite-port.ts';

/** For tests that follow no rules. */
export const noOrigin: RulesOrigin = () => Promise.reject(new Error('no tenant has rules here'));

/** Objects by name, each with a database of its own. */
function memoryParts(now: () => number): (name: string) => StorePart {
  const parts = new Map<string, StorePart>();
  return (name) => {
    const known = parts.get(name);
    if (known !== undefined) return known;
    const answers = new AnswerShard(memoryPort());
    const rate = new RateShard(memoryPort());
    const made: StorePart = {
      readAnswer: async ({ key }) => answers.read(key, now()),
      keepAnswer: async ({ key }, kept) => answers.keep(key, kept, now()),
      takePermits: async (ask) => rate.take(ask, now()),
    };
    parts.set(name, made);
    return made;
  };
}

export function memoryStore(
  now: () => number = () => Date.now(),
  times: StoreTimes = storeTimes,
  origin: RulesOrigin = noOrigin,
): EdgeStore {
  return objectStore({ part: memoryParts(now), origin }, times);
}
