// Ports for programs that take theirs a while after they were told it: below those that the system hands out by itself, so that no other
// listener of the test run gets one in between. Test files that run beside one another look in parts of their own.
import { createServer } from 'node:net';

/** Parts of the range; with more workers than these, two share one and begin at places of it that chance keeps apart. */
const parts = 8;
const portsOfPart = 2_375;
const lowest = 12_000 + (Number(process.env['VITEST_POOL_ID'] ?? 0) % parts) * portsOfPart;
const highest = lowest + portsOfPart - 1;
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
