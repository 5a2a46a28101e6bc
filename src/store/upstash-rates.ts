// Permits of a tenant's rate from Upstash's own counters (`@upstash/ratelimit`). Owns the lots, which those counters do not know, and the check
// that an answer can be true: the library lets everybody pass when its Redis is silent, and that is not done here.
import { Ratelimit } from '@upstash/ratelimit';
import type { StoreTimes } from '../core/store/store-bounds.ts';
import { windowEndMs, type RateAsk } from '../core/store/rate-window.ts';
import { boundedCall, GarbageError } from './bounded-call.ts';
import type { RateStore } from './edge-store.ts';
import { upstashCall, upstashClient, type UpstashAccess } from './upstash-client.ts';

export function upstashRates(access: UpstashAccess, now: () => number, times: StoreTimes): RateStore {
  return {
    takePermits: (ask) =>
      boundedCall(times.rateTakeMs, async (signal) => {
        const { limit, windowMs } = ask;
        const counter = new Ratelimit({
          redis: upstashClient(access, signal),
          limiter: Ratelimit.fixedWindow(limit, `${windowMs} ms`),
          prefix: `${access.prefix}:rate`,
          // None: after five seconds of silence it would answer that all is well.
          timeout: 0,
          // A memory of who was refused would refuse lots for which there is room.
          ephemeralCache: false,
          analytics: false,
        });
        return takeLot(counter, ask, now);
      }),
  };
}

interface Counted {
  readonly granted: boolean;
  readonly remaining: number;
  readonly resetMs: number;
}

/** The counter counts a lot also when it refuses it: what is refused is given back, and what is left is asked for. */
async function takeLot(
  counter: Ratelimit,
  ask: RateAsk,
  now: () => number,
): Promise<{ readonly granted: number; readonly resetMs: number }> {
  const whole = await count(counter, ask, ask.want);
  const { resetMs } = whole;
  if (whole.granted) return { granted: ask.want, resetMs };
  // Into the next window nothing is given back: it would have more permits than its limit.
  const isOver = (): boolean => windowEndMs(ask.windowMs, now()) !== resetMs;
  if (isOver()) return { granted: 0, resetMs };
  const { remaining } = await count(counter, ask, -ask.want);
  const rest = Math.min(remaining, ask.want);
  if (rest <= 0 || isOver()) return { granted: 0, resetMs };
  const less = await count(counter, ask, rest);
  if (less.granted) return { granted: rest, resetMs };
  if (!isOver()) await count(counter, ask, -rest);
  return { granted: 0, resetMs };
}

async function count(
  counter: Ratelimit,
  { tenant, limit, windowMs }: RateAsk,
  lot: number,
): Promise<Counted> {
  const answer = await upstashCall(() => counter.limit(tenant, { rate: lot }));
  const { success, remaining, reset, reason } = answer;
  // A number of permits that cannot be left after this lot, or of another limit, is none.
  const isNumber =
    Number.isInteger(remaining) && remaining >= 0 && remaining <= limit - Math.max(0, success ? lot : 0);
  const isTrue = isNumber && answer.limit === limit && reason === undefined && reset % windowMs === 0;
  if (!isTrue) throw new GarbageError('no count of permits');
  return { granted: success, remaining, resetMs: reset };
}
