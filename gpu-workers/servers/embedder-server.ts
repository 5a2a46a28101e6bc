// An embedding model server: Universal Sentence Encoder (lite, English, 512 dimensions), its weights from a package, on one CPU thread.
// Texts of different requests share batches; a slot is a request that may take part.
//
//   PORT, PILOTLIGHT_SLOTS, PILOTLIGHT_VERSION, PILOTLIGHT_PARENT_WATCH   as in settings.ts
import { EmbedBatcher } from './embed-batcher.ts';
import type { EmbeddedText } from './embedder-thread.ts';
import { parseEmbeddingRequest, renderEmbeddings } from './embedding-shapes.ts';
import type { Engine, EngineCall } from './engine.ts';
import { ModelThread } from './model-thread-handle.ts';
import { exitWith, runServerProcess } from './server-process.ts';
import { parseSettings } from './settings.ts';

const dimensions = 512;

class EmbedderEngine implements Engine {
  readonly paths = ['/v1/embeddings'];
  readonly #version: string;
  readonly #thread = new ModelThread<readonly string[], never, readonly EmbeddedText[]>(
    new URL('./embedder-thread.ts', import.meta.url),
    (reason) => exitWith('broken', `the model's thread died: ${reason}`),
  );
  readonly #batcher = new EmbedBatcher<EmbeddedText>((texts) => this.#embed(texts));

  constructor(version: string) {
    this.#version = version;
  }

  load(): Promise<void> {
    return this.#thread.load();
  }

  unload(): Promise<void> {
    return this.#thread.end();
  }

  async serve({ body, reply, signal }: EngineCall): Promise<void> {
    const { texts, base64 } = parseEmbeddingRequest(body, dimensions);
    const embedded = await this.#batcher.embed(texts, signal);
    if (embedded === null) return;
    const vectors = embedded.map(({ vector }) => vector);
    const tokens = embedded.reduce((sum, each) => sum + each.tokens, 0);
    reply.json(200, renderEmbeddings(this.#version, { vectors, tokens }, base64));
  }

  /** A batch always runs to its end: it takes a fraction of a second, and other requests share it. */
  async #embed(texts: readonly string[]): Promise<readonly EmbeddedText[]> {
    const never = new AbortController().signal;
    const embedded = await this.#thread.run(texts, { signal: never, onPiece: () => undefined });
    return embedded ?? [];
  }
}

const settings = parseSettings(process.env, 'embedder');
if (!settings.ok) exitWith('misconfigured', settings.error);
await runServerProcess(new EmbedderEngine(settings.value.version), settings.value);
