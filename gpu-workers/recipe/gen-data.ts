// Writes the training text: node gpu-workers/recipe/gen-data.ts SEED COUNT OUT.jsonl NEAR.jsonl
// From what find-near.ts found. One chat a line: [[question, answer], ...]. The same seed writes the same file.
import { createWriteStream, readFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Draw } from './draw.ts';
import type { Near } from './near-pool.ts';
import { writeChat } from './tasks.ts';

const [seed = '1', count = '60000', path = 'chat.jsonl', near = 'near.jsonl'] = process.argv.slice(2);
const pool = readFileSync(near, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Near);
const draw = new Draw(Number(seed));
const out = createWriteStream(path);
for (let left = Number(count); left > 0; left -= 1) out.write(`${JSON.stringify(writeChat(draw, pool))}\n`);
out.end();
await finished(out);
console.log(`${count} chats written to ${path}`);
