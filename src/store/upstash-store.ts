// The store in Upstash Redis, put together of its parts.
import type { StoreTimes } from '../core/store/store-bounds.ts';
import type { EdgeStore } from './edge-store.ts';
import { upstashAnswers } from './upstash-answers.ts';
import type { UpstashAccess } from './upstash-client.ts';
import { upstashRates } from './upstash-rates.ts';

export function upstashStore(access: UpstashAccess, now: () => number, times: StoreTimes): EdgeStore {
  return { ...upstashAnswers(access, now, times), ...upstashRates(access, now, times) };
}
