// A model server's reply to an embedding request: as many vectors as texts, in their order, all of one length. Pure.
import { z } from 'zod';
import type { Failure } from '../api/failure.ts';
import { err, ok, type Result } from '../base/result.ts';
import { normalize } from './vector-table.ts';

const reply = z.object({
  data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()).min(1) })),
});

/** Unit vectors of `count` texts. A vector without a direction is a reply that is not valid: nothing is near to it. */
export function parseEmbeddingReply(body: string, count: number): Result<readonly Float32Array[], Failure> {
  const read = reply.safeParse(parseJson(body));
  if (!read.success || read.data.data.length !== count) return err({ kind: 'bad-reply' });
  const vectors: Float32Array[] = [];
  for (const { index, embedding } of read.data.data) {
    const vector = normalize(embedding);
    if (vector === null || index < 0 || index >= count) return err({ kind: 'bad-reply' });
    vectors[index] = vector;
  }
  const dims = vectors[0]?.length;
  for (let at = 0; at < count; at += 1)
    if (vectors[at]?.length !== dims || dims === undefined) return err({ kind: 'bad-reply' });
  return ok(vectors);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
