// The bounds of what edges share, the same whoever keeps it. Pure data.

/** One kept answer with all that is told of it, in bytes: about 2,000 tokens of a stream. Three times that, as escapes and base64 make of it
 * on its way, is below a row of a Durable Object (2 MB) and the smallest request that Upstash takes (1 MB) together with its answer. */
export const answerBytesMax = 384 * 1024;
/** Parts of a tenant's answers: each is an object of its own, so that a tenant may read more than one object can serve. One hex digit. */
export const answerShards = 16;
/** Of one part. Whichever is reached first: what would expire first makes room. */
export const shardAnswersMax = 256;
export const shardBytesMax = 16 * 1024 * 1024;
/** Longest life that a rule may give an answer. */
export const ttlSecondsMax = 7 * 24 * 3_600;

/** How long a store is waited for. */
export interface StoreTimes {
  readonly answerReadMs: number;
  readonly answerKeepMs: number;
  readonly rateTakeMs: number;
  readonly rulesReadMs: number;
  readonly rulesOriginMs: number;
}

export const storeTimes: StoreTimes = {
  /** Far below a model's first token, above a round trip across a continent. */
  answerReadMs: 150,
  /** Nobody waits for it. */
  answerKeepMs: 2_000,
  /** As a kept answer: the request goes on by the local bound. */
  rateTakeMs: 150,
  /** Then the tenant's object is asked instead. */
  rulesReadMs: 250,
  /** With the two reads before it no longer than an isolate waits for an answer (src/hosts/rule-snapshots.ts). */
  rulesOriginMs: 900,
};
