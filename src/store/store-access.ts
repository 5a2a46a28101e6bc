// Which store a deployment has, and the store over it.
import { storeTimes } from '../core/store/store-bounds.ts';
import type { EdgeStore } from './edge-store.ts';
import { objectStore, type ObjectStorePorts } from './object-store.ts';
import type { UpstashAccess } from './upstash-client.ts';
import type { UpstashRulesPorts } from './upstash-rules.ts';
import { upstashStore } from './upstash-store.ts';

export type StoreAccess = { readonly kind: 'objects' } | ({ readonly kind: 'upstash' } & UpstashAccess);

export function openStore(access: StoreAccess, ports: ObjectStorePorts & UpstashRulesPorts): EdgeStore {
  switch (access.kind) {
    case 'objects':
      return objectStore(ports, storeTimes);
    case 'upstash':
      return upstashStore(access, ports, storeTimes);
  }
}
