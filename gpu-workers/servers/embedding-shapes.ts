// The OpenAI embedding shapes: reading inputs within bounds, writing vectors as numbers or as base64 of little-endian floats. Pure.
import { RefusedRequest } from './reply.ts';

/** At about 6 ms a text, a full batch holds its slot for some seconds. */
const inputsMax = 512;
const charsMax = 32_768;

export function readInputs(input: unknown): readonly string[] {
  const texts: unknown = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(texts) || texts.length === 0)
    throw invalid('"input" must be a string or a non-empty array of strings');
  if (texts.length > inputsMax) throw invalid(`"input" may hold at most ${inputsMax} texts`);
  return texts.map((text: unknown) => {
    if (typeof text !== 'string')
      throw invalid('"input" must hold strings; arrays of tokens are not supported');
    if (text === '' || text.length > charsMax)
      throw invalid(`each text must have 1 to ${charsMax} characters`);
    return text;
  });
}

export function renderEmbeddings(
  model: string,
  texts: readonly string[],
  vectors: readonly (readonly number[])[],
  format: unknown,
): object {
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: format === 'base64' ? toBase64(vector) : vector,
  }));
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function toBase64(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

/** Words and marks: what is billed for models whose tokenizer has no count of its own to offer. */
function countTokens(text: string): number {
  return text.match(/\w+|[^\s\w]/g)?.length ?? 0;
}

function invalid(message: string): RefusedRequest {
  return new RefusedRequest(400, 'invalid_value', message, 'input');
}
