// How functions reach what edges share: the store that the configuration names.
import { configOf, type Env } from '../src/config.ts';
import type { EdgeStore } from '../src/store/edge-store.ts';
import type { StorePart } from '../src/store/object-store.ts';
import { openStore } from '../src/store/store-access.ts';

/** Made for each request: stubs and connections are its own. */
export function edgeStore(env: Env): EdgeStore {
  return openStore(configOf(env).store, { part: (name) => partOf(env, name), now: () => Date.now() });
}

function partOf(env: Env, name: string): StorePart {
  const stub = env.STORE.getByName(name);
  return {
    readAnswer: async (place) => stub.readAnswer(place),
    keepAnswer: async (place, kept) => stub.keepAnswer(place, kept),
    takePermits: async (ask) => stub.takePermits(ask),
  };
}
