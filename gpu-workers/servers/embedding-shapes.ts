// The OpenAI embedding shapes: inputs read within bounds, vectors written as numbers or as base64 of little-endian floats. Pure.
import { invalidValue } from './refusal.ts';
import type { JsonObject } from './request-body.ts';

export interface EmbeddingRequest {
  readonly texts: readonly string[];
  readonly base64: boolean;
}

/** OpenAI's own bound. */
const inputsMax = 2_048;
/** The tokenizer's time grows with the square of a text's length. */
const charsMax = 8_192;
/** Together, so that one request holds the model for seconds and not for minutes. */
const charsSumMax = 524_288;

/** Throws `RefusedRequest` for what cannot be embedded. `dimensions` is what the model has; it cannot give fewer. */
export function parseEmbeddingRequest(body: JsonObject, dimensions: number): EmbeddingRequest {
  const format = body['encoding_format'] ?? 'float';
  if (format !== 'float' && format !== 'base64') {
    throw invalidValue('"encoding_format" must be float or base64.', 'encoding_format');
  }
  if ((body['dimensions'] ?? dimensions) !== dimensions) {
    throw invalidValue(`This model's vectors have ${dimensions} dimensions.`, 'dimensions');
  }
  return { texts: parseInput(body['input']), base64: format === 'base64' };
}

export interface Embedded {
  readonly vectors: readonly (readonly number[])[];
  readonly tokens: number;
}

export function renderEmbeddings(model: string, { vectors, tokens }: Embedded, base64: boolean): object {
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: base64 ? encodeVector(vector) : vector,
  }));
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function parseInput(input: unknown): readonly string[] {
  const texts: unknown = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(texts) || texts.length === 0) {
    throw invalidValue('"input" must be a string or a non-empty array of strings.', 'input');
  }
  if (texts.length > inputsMax) throw invalidValue(`"input" may hold at most ${inputsMax} texts.`, 'input');
  let chars = 0;
  return texts.map((text: unknown, at) => {
    const param = `input[${at}]`;
    if (typeof text !== 'string')
      throw invalidValue('"input" must hold strings; tokens are not supported.', param);
    if (text === '') throw invalidValue('A text is empty.', param);
    if (text.length > charsMax) throw invalidValue(`A text may have at most ${charsMax} characters.`, param);
    chars += text.length;
    if (chars > charsSumMax)
      throw invalidValue(`All texts together may have ${charsSumMax} characters.`, 'input');
    return text;
  });
}

function encodeVector(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, at * 4);
  return bytes.toString('base64');
}
