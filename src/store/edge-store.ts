// What all edges share, whoever keeps it: answers that may be given again, permits of a tenant's global rate, and its published rules. Owns
// the contract alone; test/conformance/edge-store.suite.ts is the same in tests. Nothing here throws, and nothing takes longer than its bound
// (src/core/store/store-bounds.ts): what the edge does about a fault is the edge's.
import type { Result } from '../core/base/result.ts';
import type { AnswerPlace } from '../core/store/answer-record.ts';
import type { RateAsk, RateGrant } from '../core/store/rate-window.ts';
import type { PublishedRules } from '../core/store/shared-rules.ts';
import type { StoreFault } from '../core/store/store-rest.ts';

export interface KeptAnswer {
  /** At most `answerBytesMax` bytes, without zero characters; means nothing to the store. */
  readonly text: string;
  readonly expiresMs: number;
}

export interface AnswerStore {
  /** The text that was kept here last and has not expired; null = none. It may be gone at any time. */
  readAnswer(place: AnswerPlace): Promise<Result<string | null, StoreFault>>;
  /** Of a tenant's answers a bounded number is kept; what would expire first makes room. */
  keepAnswer(place: AnswerPlace, kept: KeptAnswer): Promise<Result<null, StoreFault>>;
}

export interface RateStore {
  /** Takes up to `want` permits of the window that is now. All that is given in one window, to whomever, is the limit at most. */
  takePermits(ask: RateAsk): Promise<Result<RateGrant, StoreFault>>;
}

/** What a tenant's object says to one who knows this generation. May throw, and may never answer. */
export type RulesOrigin = (tenant: string, knownGeneration: number) => Promise<PublishedRules>;

export interface RulesStore {
  /**
   * The tenant's published rules, as its object said within the last half second; where that cannot be asked, as it said last, if the store
   * remembers. Never an older generation than the store has shown before.
   */
  followRules(tenant: string, knownGeneration: number): Promise<Result<PublishedRules, StoreFault>>;
  /** These have just been published: whoever follows is to see them at once. */
  announceRules(tenant: string, rules: PublishedRules): Promise<Result<null, StoreFault>>;
}

export type EdgeStore = AnswerStore & RateStore & RulesStore;
