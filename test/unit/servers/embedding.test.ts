// The embedder's requests, its base64, and its batches.
import { describe, expect, it } from 'vitest';
import { batchTextsMax, EmbedBatcher } from '../../../gpu-workers/servers/embed-batcher.ts';
import { parseEmbeddingRequest, renderEmbeddings } from '../../../gpu-workers/servers/embedding-shapes.ts';
import { RefusedRequest } from '../../../gpu-workers/servers/refusal.ts';

const stays = new AbortController().signal;

describe('embedding requests', () => {
  it('take one text or several', () => {
    expect(parseEmbeddingRequest({ input: 'a' }, 4)).toEqual({ texts: ['a'], base64: false });
    expect(parseEmbeddingRequest({ input: ['a', ' '], encoding_format: 'base64' }, 4).texts).toEqual([
      'a',
      ' ',
    ]);
  });

  it.each([
    ['nothing', {}],
    ['no text', { input: [] }],
    ['an empty text', { input: ['a', ''] }],
    ['tokens', { input: [1, 2] }],
    ['a text that is too long', { input: 'x'.repeat(8_193) }],
    ['too many texts', { input: Array.from({ length: 2_049 }, () => 'a') }],
    ['too much text in all', { input: Array.from({ length: 65 }, () => 'x'.repeat(8_192)) }],
    ['an unknown format', { input: 'a', encoding_format: 'hex' }],
    ['dimensions that it does not have', { input: 'a', dimensions: 3 }],
  ])('refuse %s', (_name, body) => {
    expect(() => parseEmbeddingRequest(body, 4)).toThrow(RefusedRequest);
  });

  it('have the same vector in base64 as in numbers', () => {
    const vectors = [[0.5, -0.25, 1, 0]];
    const body = renderEmbeddings('m', { vectors, tokens: 3 }, true) as { data: { embedding: string }[] };
    const bytes = Buffer.from(body.data[0]?.embedding ?? '', 'base64');
    expect([0, 1, 2, 3].map((at) => bytes.readFloatLE(at * 4))).toEqual(vectors[0]);
    expect(body).toMatchObject({ usage: { prompt_tokens: 3, total_tokens: 3 } });
  });
});

describe('batches', () => {
  /** A model that turns texts into capitals, and remembers its batches. */
  function bench(): { batcher: EmbedBatcher<string>; batches: (readonly string[])[] } {
    const batches: (readonly string[])[] = [];
    const batcher = new EmbedBatcher<string>(async (texts) => {
      batches.push(texts);
      if (texts.includes('poison')) throw new Error('the model failed');
      return texts.map((text) => text.toUpperCase());
    });
    return { batcher, batches };
  }
  const many = (prefix: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, at) => `${prefix}${at}`);

  it('give each request its own values, in its order', async () => {
    const { batcher, batches } = bench();
    const asked = [many('a', 70), many('b', 3), many('c', 33)];
    const answers = await Promise.all(asked.map((texts) => batcher.embed(texts, stays)));
    expect(answers).toEqual(asked.map((texts) => texts.map((text) => text.toUpperCase())));
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(batchTextsMax);
  });

  it('let a small request pass a large one that came before', async () => {
    const { batcher, batches } = bench();
    const large = batcher.embed(many('a', 1_000), stays);
    expect(await batcher.embed(['one'], stays)).toEqual(['ONE']);
    expect(batches[1]).toContain('one');
    await large;
  });

  it('are filled: texts of several requests share one', async () => {
    const { batcher, batches } = bench();
    const first = batcher.embed(['first'], stays);
    await Promise.all([first, ...many('a', 31).map((text) => batcher.embed([text], stays))]);
    expect(batches.length).toBe(2);
  });

  it('are small when texts are long', async () => {
    const { batcher, batches } = bench();
    await batcher.embed(
      Array.from({ length: 10 }, () => 'x'.repeat(8_192)),
      stays,
    );
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 2, 2, 2]);
  });

  it('stop for a caller that is gone, and go on for the others', async () => {
    const { batcher, batches } = bench();
    const leaving = new AbortController();
    const left = batcher.embed(many('a', 1_000), leaving.signal);
    const stayed = batcher.embed(many('b', 40), stays);
    leaving.abort();
    expect(await left).toBeNull();
    expect(await stayed).toHaveLength(40);
    expect(batches.length).toBeLessThan(6);
  });

  it('that fail fail their requests, and not those behind them', async () => {
    const { batcher } = bench();
    const bad = batcher.embed(['poison'], stays);
    const good = batcher.embed(['good'], stays);
    await expect(bad).rejects.toThrow('the model failed');
    expect(await good).toEqual(['GOOD']);
  });
});
