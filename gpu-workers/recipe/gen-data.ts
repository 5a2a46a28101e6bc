// Writes the training text: node gpu-workers/recipe/gen-data.ts SEED COUNT OUT.jsonl
// One chat a line: [[question, answer], ...]. The same seed writes the same file.
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Draw } from './draw.ts';
import { writeChat } from './tasks.ts';

const [seed = '1', count = '60000', path = 'chat.jsonl'] = process.argv.slice(2);
const draw = new Draw(Number(seed));
const out = createWriteStream(path);
for (let left = Number(count); left > 0; left -= 1) out.write(`${JSON.stringify(writeChat(draw))}\n`);
out.end();
await finished(out);
console.log(`${count} chats written to ${path}`);
