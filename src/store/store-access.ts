// Which store a deployment has, and the store over it.
import { storeTimes } from '../core/store/store-bounds.ts';
import type { EdgeStore } from './edge-store.ts';
import { objectStore, type StorePart } from './object-store.ts';
import { upstashStore } from './upstash-store.ts';
import type { UpstashAccess } from './upstash-client.ts';

export type StoreAccess = { readonly kind: 'objects' } | ({ readonly kind: 'upstash' } & UpstashAccess);

/** `part`: a Durable Object of the embedded store by its name. */
export function openStore(
  access: StoreAccess,
  { part, now }: { readonly part: (name: string) => StorePart; readonly now: () => number },
): EdgeStore {
  switch (access.kind) {
    case 'objects':
      return objectStore(part, storeTimes);
    case 'upstash':
      return upstashStore(access, now, storeTimes);
  }
}
