// Hands out ports of 127.0.0.1 that nobody listens on, never one that a replica of ours is about to listen on. They lie below those that systems
// give to whoever asks for any port, from 32768 on at the lowest: a replica takes its port a while after it was told it, and until then a connection
// of somebody else's, or another agent's replica, must not get it.
import { createServer } from 'node:net';

const lowest = 20_000;
const highest = 32_000;
/** Picked at random, so that two agents of one machine seldom meet: this many taken ones in a row mean that something else is wrong. */
const triesMax = 100;

export class FreePorts {
  readonly #taken = new Set<number>();

  async take(): Promise<number> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const port = lowest + Math.floor(Math.random() * (highest - lowest));
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if (await isFree(port)) return port;
      this.#taken.delete(port);
    }
    throw new Error(`no free port of 127.0.0.1 from ${lowest} to ${highest}`);
  }

  giveBack(port: number): void {
    this.#taken.delete(port);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => done(true));
  });
  if (isListening) await new Promise((done) => server.close(done));
  return isListening;
}
