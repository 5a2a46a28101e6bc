// Tokens as a model server counts them. Owns the reading of the `usage` object of chat and embedding replies. Pure.

export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** No honest request comes near this; a larger count is a lie or damage and must not reach a bill. */
const TOKENS_MAX = 1_000_000_000;

/** Null when the object is missing or its counts cannot be true. */
export function parseUsage(value: unknown): TokenUsage | null {
  if (typeof value !== 'object' || value === null) return null;
  const { prompt_tokens: prompt, completion_tokens: completion = 0 } = value as Record<string, unknown>;
  return isCount(prompt) && isCount(completion)
    ? { promptTokens: prompt, completionTokens: completion }
    : null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= TOKENS_MAX;
}
