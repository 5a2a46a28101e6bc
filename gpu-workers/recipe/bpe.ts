// Learns the tokenizer and encodes the chats for training: node gpu-workers/recipe/bpe.ts IN.jsonl VOCABULARY [FOLDER]
// Writes tok.json, and train and val as .bin (16-bit ids) with .msk (1 where the loss counts: what the assistant says).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Turn } from './tasks.ts';
import { learnTokenizer, makeEncoder, type Tokenizer } from './tokenizer.ts';

/** The rest is held out, to see what was learned and not only memorised. */
const trainingShare = 0.99;

interface Encoded {
  readonly ids: number[];
  readonly mask: number[];
}

function encodeChats(chats: readonly (readonly Turn[])[], tokenizer: Tokenizer): Encoded {
  const encode = makeEncoder(tokenizer);
  const [start, user, assistant, , end] = [0, 1, 2, 3, 4] as const;
  const ids: number[] = [];
  const mask: number[] = [];
  const put = (tokens: readonly number[], counts: 0 | 1): void => {
    for (const token of tokens) {
      ids.push(token);
      mask.push(counts);
    }
  };
  for (const chat of chats) {
    put([start], 0);
    for (const [question, answer] of chat) {
      put([user, ...encode(question), end, assistant], 0);
      put([...encode(answer), end], 1);
    }
  }
  return { ids, mask };
}

const [input = 'chat.jsonl', vocabulary = '2048', folder = '.'] = process.argv.slice(2);
const text = readFileSync(input, 'utf8');
const chats = text
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as readonly Turn[]);
const tokenizer = learnTokenizer(chats.flat(2), Number(vocabulary));
const { ids, mask } = encodeChats(chats, tokenizer);
const cut = Math.floor(ids.length * trainingShare);
writeFileSync(join(folder, 'tok.json'), JSON.stringify(tokenizer));
for (const [name, from, to] of [['train', 0, cut] as const, ['val', cut, ids.length] as const]) {
  writeFileSync(join(folder, `${name}.bin`), Uint16Array.from(ids.slice(from, to)));
  writeFileSync(join(folder, `${name}.msk`), Uint8Array.from(mask.slice(from, to)));
}
console.log(
  `${tokenizer.merges.length} merges, ${ids.length} tokens, ${(text.length / ids.length).toFixed(2)} bytes a token`,
);
