// An embedding model server: Universal Sentence Encoder (lite, 512 dimensions, English), weights from a package, on one CPU thread.
// Environment: PORT, PILOTLIGHT_SLOTS, PILOTLIGHT_VERSION.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { readInputs, renderEmbeddings } from './embedding-shapes.ts';
import { runModelServer, type Engine, type EngineCall } from './model-server.ts';
import { RefusedRequest } from './reply.ts';

const version = process.env['PILOTLIGHT_VERSION'] ?? 'embed@1';

type Answer = { readonly id: number; readonly vectors?: readonly number[][]; readonly error?: string };

class EmbedderEngine implements Engine {
  readonly paths = ['/v1/embeddings'];
  #worker: Worker | null = null;
  #asked = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  async load(): Promise<void> {
    const worker = new Worker(new URL('./embedder-worker.ts', import.meta.url));
    await once(worker, 'message');
    worker.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    // A thread that dies takes the replica with it: the pool starts another.
    worker.on('error', (cause) => {
      console.error(`the embedding thread died: ${cause instanceof Error ? cause.message : 'unknown'}`);
      process.exit(1);
    });
    this.#worker = worker;
  }

  async unload(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = null;
  }

  async serve(call: EngineCall): Promise<void> {
    const texts = readInputs(call.body['input']);
    const answer = await this.#embed(texts);
    if (answer.vectors === undefined) throw new RefusedRequest(500, 'internal_error', 'the model failed');
    call.reply.json(200, renderEmbeddings(version, texts, answer.vectors, call.body['encoding_format']));
  }

  #embed(texts: readonly string[]): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#asked += 1;
    this.#waiting.set(this.#asked, resolve);
    this.#worker?.postMessage({ id: this.#asked, texts });
    return promise;
  }
}

await runModelServer(new EmbedderEngine());
