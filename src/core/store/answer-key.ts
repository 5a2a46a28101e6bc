// What tells one answer from another: who asks, which version answers, and every parameter that reaches it. Owns the text that is hashed into
// the key; the hash is the host's. Pure.
import type { JsonObject } from '../door/parse-body.ts';

export interface AnswerAsk {
  readonly tenant: string;
  readonly path: '/v1/chat/completions' | '/v1/embeddings';
  /** Version id. */
  readonly version: string;
  /** As it goes to the model, under the overrides of its target. */
  readonly body: JsonObject;
}

/**
 * The same text for two requests only if a model is asked the same by both. Only the order of the top level is put aside: deeper, it reaches the
 * model, which reads the properties of a tool or of a reply's schema in their order.
 */
export function answerKeyText({ tenant, path, version, body }: AnswerAsk): string {
  // The name that the client used is no parameter: the version stands in its place.
  const { model: _name, ...parameters } = body;
  const entries = Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  // A list in JSON: no text in one part can look like the beginning of the next.
  return JSON.stringify(['answer-1', tenant, path, version, entries]);
}

/** The part of a tenant's answers that a key (SHA-256 in hex) belongs to. */
export function shardOf(key: string): string {
  return key.slice(0, 1);
}
