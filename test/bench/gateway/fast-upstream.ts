// The fastest model server that there can be: answers at once with the same bytes. Plain: one JSON reply. Stream: `CHUNKS` events,
// each its own write, as fast as possible, or one each `CHUNK_MS`, which also keeps its slot. Follows the replica contract as far as a foreign command must.
import { createServer, type ServerResponse } from 'node:http';

const chunks = Number(process.env['CHUNKS'] ?? 100);
const chunkMs = Number(process.env['CHUNK_MS'] ?? 0);

const reply = JSON.stringify({
  id: 'chatcmpl-fast',
  object: 'chat.completion',
  created: 1,
  model: 'fast@1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x'.repeat(200) }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 50, total_tokens: 60 },
});

const event = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'fast@1', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const middle = event({ content: ' token' }, null);
const last = `${event({}, 'stop')}data: [DONE]\n\n`;

createServer((request, response) => {
  const body: Buffer[] = [];
  request.on('data', (piece: Buffer) => body.push(piece));
  request.on('end', () => {
    if (request.method === 'GET') return void response.end('{"state":"ready"}');
    if (!Buffer.concat(body).includes('"stream":true')) {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(reply),
      });
      return void response.end(reply);
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (chunkMs > 0) pace(response);
    else burst(response);
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');

function burst(response: ServerResponse): void {
  for (let sent = 0; sent < chunks; sent += 1) response.write(middle);
  response.end(last);
}

function pace(response: ServerResponse): void {
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    if (sent <= chunks) return void response.write(middle);
    clearInterval(timer);
    response.end(last);
  }, chunkMs);
  response.on('close', () => clearInterval(timer));
}
