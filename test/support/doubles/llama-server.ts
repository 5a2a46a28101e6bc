// A stand-in for llama-server: takes the flags that it publishes (https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md)
// and refuses others, answers its health and its OpenAI routes as it does, and has no weights. It answers with the alias, the slots and the
// context of each, so that a recipe shows what it asked for.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    model: { type: 'string', short: 'm' },
    alias: { type: 'string', short: 'a' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8080' },
    parallel: { type: 'string' },
    'ctx-size': { type: 'string', short: 'c', default: '0' },
    'n-gpu-layers': { type: 'string' },
    threads: { type: 'string', short: 't' },
    embeddings: { type: 'boolean', default: false },
    reranking: { type: 'boolean', default: false },
    jinja: { type: 'boolean' },
    metrics: { type: 'boolean' },
    'no-ui': { type: 'boolean' },
    'sleep-idle-seconds': { type: 'string' },
  },
});
if (values.model === undefined) throw new Error('error: --model is required');

const slots = Number(values.parallel ?? 1);
const name = values.alias ?? values.model;
const loadMs = 150;
let isLoaded = false;
setTimeout(() => (isLoaded = true), loadMs);
// What the agent leaves behind when it is killed is its own affair; a test's is not.
process.stdin.once('close', () => process.exit(0)).resume();

createServer((request, response) => {
  const path = request.url ?? '/';
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  request.resume();
  if (!isLoaded)
    return send(503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } });
  if (path === '/health' || path === '/v1/health') return send(200, { status: 'ok' });
  if (path === '/props')
    return send(200, { model_alias: name, total_slots: slots, n_ctx: Number(values['ctx-size']) / slots });
  if (path === '/v1/chat/completions' && !values.embeddings) {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }];
    return send(200, { object: 'chat.completion', model: name, choices });
  }
  if (path === '/v1/embeddings' && values.embeddings)
    return send(200, { object: 'list', model: name, data: [{ index: 0, embedding: [0.1, 0.2] }] });
  if (path === '/v1/chat/completions' || path === '/v1/embeddings')
    return send(501, {
      error: { code: 501, message: 'This server does not support it.', type: 'not_supported_error' },
    });
  send(404, { error: { code: 404, message: 'File Not Found', type: 'not_found_error' } });
}).listen(Number(values.port), values.host);
