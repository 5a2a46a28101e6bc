// POST /v1/chat/completions
import type { Context } from 'hono';
import { parseChatRequest } from '../../src/core/api/chat-request.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import { serveModel } from '../serve-model.ts';

export async function createChatCompletion(c: Context<AppEnv>): Promise<Response> {
  const { bounds } = c.get('config');
  const parsed = parseChatRequest(await readJsonBody(c.req.raw, bounds), bounds);
  if (!parsed.ok) throw new RequestFailure(parsed.error);
  return serveModel(c, { task: 'chat', path: '/v1/chat/completions', ...parsed.value });
}
