// The store in Upstash Redis, put together of its parts.
import type { StoreTimes } from '../core/store/store-bounds.ts';
import type { EdgeStore } from './edge-store.ts';
import { upstashAnswers } from './upstash-answers.ts';
import type { UpstashAccess } from './upstash-client.ts';

export function upstashStore(access: UpstashAccess, now: () => number, times: StoreTimes): EdgeStore {
  return upstashAnswers(access, now, times);
}
