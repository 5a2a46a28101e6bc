// Ports for programs that take theirs a while after they were told it: below those that the system hands out by itself, so that no other
// listener of the test run gets one in between.
import { createServer } from 'node:net';

const lowest = 12_000;
const highest = 31_000;
let next = lowest + Math.floor(Math.random() * (highest - lowest));

export async function takeQuietPort(): Promise<number> {
  for (;;) {
    next = next >= highest ? lowest : next + 1;
    const port = next;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}
