// The store in Upstash Redis, put together of its parts.
import type { StoreTimes } from '../core/store/store-bounds.ts';
import type { EdgeStore } from './edge-store.ts';
import { upstashAnswers } from './upstash-answers.ts';
import type { UpstashAccess } from './upstash-client.ts';
import { upstashRates } from './upstash-rates.ts';
import { upstashRules, type UpstashRulesPorts } from './upstash-rules.ts';

export function upstashStore(access: UpstashAccess, ports: UpstashRulesPorts, times: StoreTimes): EdgeStore {
  const now = (): number => ports.now();
  return {
    ...upstashAnswers(access, now, times),
    ...upstashRates(access, now, times),
    ...upstashRules(access, ports, times),
  };
}
