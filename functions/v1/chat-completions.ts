// POST /v1/chat/completions: reads and checks; what becomes of it is in serve-model.ts.
import type { Context } from 'hono';
import { parseChatRequest } from '../../src/core/api/chat-request.ts';
import type { AppEnv } from '../context.ts';
import { orFail } from '../http-errors.ts';
import { readJsonBody } from '../read-body.ts';
import { serveModel } from '../serve-model.ts';
import { isFunctionModel, serveFunctionChat } from './function-chat.ts';

export async function createChatCompletion(c: Context<AppEnv>): Promise<Response> {
  const { bounds } = c.get('config');
  const request = orFail(parseChatRequest(await readJsonBody(c.req.raw, bounds), bounds));
  if (isFunctionModel(request.model)) return serveFunctionChat(c, request);
  return serveModel(c, { task: 'chat', path: '/v1/chat/completions', ...request });
}
