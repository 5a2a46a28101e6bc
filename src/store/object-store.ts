// The embedded store: Durable Objects, one for each part of a tenant's answers and one for its rate, so that no object is on the path of all
// requests; rules are followed from the tenant's own object. Owns which object is asked; what an object does is in *-shard.ts.
import type { AnswerPlace } from '../core/store/answer-record.ts';
import { shardOf } from '../core/store/answer-key.ts';
import type { RateAsk, RateGrant } from '../core/store/rate-window.ts';
import type { StoreTimes } from '../core/store/store-bounds.ts';
import { boundedCall, GarbageError } from './bounded-call.ts';
import type { EdgeStore, KeptAnswer, RulesOrigin } from './edge-store.ts';

/** An object, as its stub shows it. */
export interface StorePart {
  readAnswer(place: AnswerPlace): Promise<string | null>;
  keepAnswer(place: AnswerPlace, kept: KeptAnswer): Promise<void>;
  takePermits(ask: RateAsk): Promise<RateGrant>;
}

/** The name of the object that keeps the answer. A tenant's id has no slash in it: no two tenants share one. */
export function answerPartOf({ tenant, key }: AnswerPlace): string {
  return `${tenant}/answers/${shardOf(key)}`;
}

/** The name of the object that counts a tenant's permits: one, asked once for many requests. */
export function ratePartOf(tenant: string): string {
  return `${tenant}/rate`;
}

export interface ObjectStorePorts {
  /** Makes a stub for each call: one that has seen an error stays broken. */
  readonly part: (name: string) => StorePart;
  readonly origin: RulesOrigin;
}

export function objectStore({ part, origin }: ObjectStorePorts, times: StoreTimes): EdgeStore {
  return {
    readAnswer: (place) =>
      boundedCall(times.answerReadMs, async () => {
        const text: unknown = await part(answerPartOf(place)).readAnswer(place);
        if (text !== null && typeof text !== 'string') throw new GarbageError();
        return text;
      }),
    keepAnswer: (place, kept) =>
      boundedCall(times.answerKeepMs, async () => {
        await part(answerPartOf(place)).keepAnswer(place, kept);
        return null;
      }),
    takePermits: (ask) => boundedCall(times.rateTakeMs, () => part(ratePartOf(ask.tenant)).takePermits(ask)),
    // The tenant's object is the place where they were published: there is nobody between.
    followRules: (tenant, knownGeneration) =>
      boundedCall(times.rulesOriginMs, () => origin(tenant, knownGeneration)),
    announceRules: async () => ({ ok: true, value: null }),
  };
}
