// The replica contract against every model server that ships with the project, as real processes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { writeRandomGguf } from '../../gpu-workers/recipe/random-weights.ts';
import { describeReplica } from './replica.suite.ts';

const dir = mkdtempSync(join(tmpdir(), 'pilotlight-replica-'));
const weights = join(dir, 'random.gguf');
const contextTokens = 4_096;

beforeAll(() => {
  // Large enough that an answer of the whole context takes ten seconds and more, small enough to be written in a moment.
  writeRandomGguf(weights, { width: 384, layers: 8, heads: 6, keyHeads: 3, hidden: 1_024, contextTokens });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ask = { messages: [{ role: 'user', content: 'hello' }] };

describeReplica('llama', {
  kind: 'llama',
  variables: () => ({ PILOTLIGHT_WEIGHTS: weights, PILOTLIGHT_CONTEXT: String(contextTokens) }),
  path: '/v1/chat/completions',
  quick: { ...ask, temperature: 0, max_tokens: 8 },
  long: { ...ask, temperature: 0, stream: true },
});

describeReplica('embedder', {
  kind: 'embedder',
  variables: () => ({}),
  path: '/v1/embeddings',
  quick: { input: 'a small kitten' },
  long: { input: Array.from({ length: 2_048 }, (_, at) => `a text that has the number ${at}`) },
  skip: { streams: 'embeddings are sent in one piece' },
});

describeReplica('paced (emulated)', {
  kind: 'paced',
  // The start of the process counts as part of its load, and may take all of it.
  longLoad: { PILOTLIGHT_FAULTS: JSON.stringify({ slowLoadMs: 1_500 }) },
  variables: () => ({
    PILOTLIGHT_PACE: JSON.stringify({ loadMs: 200, wakeMs: 20, firstTokenMs: 5, tokenMs: 5, tokens: 6_000 }),
  }),
  path: '/v1/chat/completions',
  quick: { ...ask, max_tokens: 4 },
  long: { ...ask, stream: true },
});
