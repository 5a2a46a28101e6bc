// The embedded store with its objects' rows in memory, and stores that fail: for tests of what stands before a store.
import { AnswerShard } from '../../src/store/answer-shard.ts';
import { objectStore, type StorePart } from '../../src/store/object-store.ts';
import type { EdgeStore } from '../../src/store/edge-store.ts';
import { RateShard } from '../../src/store/rate-shard.ts';
import { storeTimes, type StoreTimes } from '../../src/core/store/store-bounds.ts';
import { memoryPort } from './sqlite-port.ts';

/** Objects by name, each with a database of its own. */
export function memoryParts(now: () => number = () => Date.now()): (name: string) => StorePart {
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

export function memoryStore(now?: () => number, times: StoreTimes = storeTimes): EdgeStore {
  return objectStore(memoryParts(now), times);
}
