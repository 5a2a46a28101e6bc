// How functions reach what edges share: the store that the configuration names.
import { configOf } from '../src/config.ts';
import type { Env } from '../src/env.ts';
import type { Lifetime } from '../src/hosts/worker-ports.ts';
import type { EdgeStore } from '../src/store/edge-store.ts';
import type { StorePart } from '../src/store/object-store.ts';
import { openStore } from '../src/store/store-access.ts';

/** Made for each request: stubs and connections are its own. */
export function edgeStore(env: Env, lifetime: Lifetime): EdgeStore {
  return openStore(configOf(env).store, {
    part: (name) => partOf(env, name),
    // A stub is made for each call: one that has seen an error stays broken.
    origin: async (tenant, knownGeneration) => env.TENANT.getByName(tenant).follow(tenant, knownGeneration),
    now: () => Date.now(),
    background: (work) => lifetime.waitUntil(work),
  });
}

function partOf(env: Env, name: string): StorePart {
  const stub = env.STORE.getByName(name);
  return {
    readAnswer: async (place) => stub.readAnswer(place),
    keepAnswer: async (place, kept) => stub.keepAnswer(place, kept),
    takePermits: async (ask) => stub.takePermits(ask),
  };
}
