// A stand-in for Ollama: `ollama serve` with its variables, the calls that load, unload and list models, and its OpenAI route, as its
// documentation has them (https://docs.ollama.com/api). It has one model, llama3.2, and no weights.
import { createServer, type IncomingMessage } from 'node:http';

const model = 'llama3.2:latest';
if (process.argv[2] !== 'serve') throw new Error('Error: unknown command');
const [host = '127.0.0.1', port = '11434'] = (process.env['OLLAMA_HOST'] ?? '').split(':');
process.stdin.once('close', () => process.exit(0)).resume();

let isLoaded = false;
let running = 0;
let isLeaving = false;
/** Those requests that run until they are let go. */
let letGo = Promise.withResolvers<void>();

/** Models are named with or without their tag. */
function isKnown(name: unknown): boolean {
  return name === model || name === model.replace(':latest', '');
}

/** It lets what runs on a model end before it unloads it. */
function leaveWhenIdle(): void {
  if (isLeaving && running === 0) isLoaded = isLeaving = false;
}

createServer((request, response) => {
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  void (async () => {
    const body = await readBody(request);
    const call = `${request.method} ${request.url}`;
    const refuse = (): void => send(404, { error: `model '${String(body['model'])}' not found` });
    switch (call) {
      case 'GET /':
        return void response.writeHead(200).end('Ollama is running');
      case 'GET /api/version':
        return send(200, { version: '0.24.0' });
      case 'GET /api/ps':
        return send(200, { models: isLoaded ? [{ name: model, model, size_vram: 1 }] : [] });
      case 'POST /api/generate': {
        if (!isKnown(body['model'])) return refuse();
        const isUnload = body['keep_alive'] === 0;
        if (isUnload) isLeaving = isLoaded;
        else isLoaded = true;
        leaveWhenIdle();
        return send(200, { model, response: '', done: true, done_reason: isUnload ? 'unload' : 'load' });
      }
      case 'POST /v1/chat/completions': {
        if (!isKnown(body['model'])) return refuse();
        isLoaded = true;
        running += 1;
        if (body['user'] === 'held') await letGo.promise;
        running -= 1;
        leaveWhenIdle();
        return send(200, {
          id: 'chatcmpl-1',
          object: 'chat.completion',
          created: 1_764_000_000,
          model,
          choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
        });
      }
      // The next two are not Ollama's: what a test asks and tells the stand-in.
      case 'GET /double/running':
        return send(200, { running });
      case 'POST /double/let-go':
        letGo.resolve();
        letGo = Promise.withResolvers();
        return send(200, {});
      default:
        return send(404, { error: 'not found' });
    }
  })();
}).listen(Number(port), host);

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
