// A server whose effects are counted: POST /effect with a key as body does the effect of that key and answers with a value that follows from
// the key alone. It lives in the process of those who watch, so that its clock is theirs.
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../../../src/core/base/rng.ts';

/** Long enough that kills fall between an effect and the row that says that it is done. */
const ANSWER_MS_MAX = 40;

export class EffectServer {
  readonly #server: Server;
  /** Times at which a key was hit, in order. */
  readonly hits = new Map<string, number[]>();

  private constructor(draw: Rng) {
    this.#server = createServer((request, response) => {
      const answer = async (): Promise<void> => {
        const key = await text(request);
        this.hits.set(key, [...(this.hits.get(key) ?? []), Date.now()]);
        await sleep(draw() * ANSWER_MS_MAX);
        response.end(valueOf(key));
      };
      answer().catch(() => response.destroy());
    });
  }

  static async open(draw: Rng): Promise<EffectServer> {
    const opened = new EffectServer(draw);
    await new Promise<void>((done) => opened.#server.listen(0, '127.0.0.1', done));
    return opened;
  }

  get url(): string {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export function valueOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}
