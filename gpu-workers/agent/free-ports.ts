// Hands out ports of 127.0.0.1 that nobody listens on, never one that a replica of ours is about to listen on.
import { createServer } from 'node:net';
import { must } from '../../src/core/base/assert.ts';

/** The system picks at random among thousands: being given our own ports this often in a row means that something else is wrong. */
const triesMax = 20;

export class FreePorts {
  readonly #taken = new Set<number>();

  async take(): Promise<number> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const port = await askSystem();
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      return port;
    }
    throw new Error('the system gives no free port');
  }

  giveBack(port: number): void {
    this.#taken.delete(port);
  }
}

async function askSystem(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const address = must(server.address(), 'the address of a server that listens');
  await new Promise((done) => server.close(done));
  if (typeof address === 'string') throw new Error('a pipe has no port');
  return address.port;
}
