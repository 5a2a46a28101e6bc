// POST /v1/embeddings
import type { Context } from 'hono';
import { parseEmbeddingRequest } from '../../src/core/api/embedding-request.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import { serveModel } from '../serve-model.ts';

export async function createEmbeddings(c: Context<AppEnv>): Promise<Response> {
  const parsed = parseEmbeddingRequest(await readJsonBody(c.req.raw, c.get('config').bounds));
  if (!parsed.ok) throw new RequestFailure(parsed.error);
  return serveModel(c, { task: 'embedding', path: '/v1/embeddings', stream: false, ...parsed.value });
}
