// A server that refuses everything at once, in a process of its own: what a request to it takes is the machine's and the generator's own.
// Ends with whoever started it.
import { createServer } from 'node:http';

const REFUSAL = JSON.stringify({
  error: { type: 'overloaded_error', code: 'overloaded', message: 'it refuses all' },
});

const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
    response.end(REFUSAL);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
process.stdin.resume();
process.stdin.once('end', () => process.exit(0));
