// POST /v1/embeddings: reads and checks; what becomes of it is in serve-model.ts.
import type { Context } from 'hono';
import { parseEmbeddingRequest } from '../../src/core/api/embedding-request.ts';
import type { AppEnv } from '../context.ts';
import { orFail } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import { serveModel } from '../serve-model.ts';

export async function createEmbeddings(c: Context<AppEnv>): Promise<Response> {
  const request = orFail(parseEmbeddingRequest(await readJsonBody(c.req.raw, c.get('config').bounds)));
  return serveModel(c, { task: 'embedding', path: '/v1/embeddings', stream: false, ...request });
}
