// Learns the tokenizer and encodes the chats for training: node gpu-workers/recipe/bpe.ts IN.jsonl VOCABULARY [FOLDER]
// Writes tok.json (or uses the one that is there), and train and val as .bin (16-bit ids) with .msk (how much a token of the assistant
// counts in the loss; 0 for what the user says).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Turn } from './tasks.ts';
import { learnTokenizer, makeEncoder, type Tokenizer } from './tokenizer.ts';

/** The rest is held out, to see what was learned and not only memorised. */
const trainingShare = 0.99;

/** A short answer counts as much as this many tokens of a long one: a label is one token, and everything hangs on it. */
const answerWeight = 24;
/** With these a longer answer decides what it will be: which passage it copies, how the sentence begins. */
const firstTokens = 4;
const firstWeight = 4;
const weightMax = 8;

interface Encoded {
  readonly ids: number[];
  readonly mask: number[];
}

function encodeChats(chats: readonly (readonly Turn[])[], tokenizer: Tokenizer): Encoded {
  const encode = makeEncoder(tokenizer);
  const [start, user, assistant, , end] = [0, 1, 2, 3, 4] as const;
  const ids: number[] = [];
  const mask: number[] = [];
  const put = (tokens: readonly number[], weigh: (at: number) => number): void => {
    for (const [at, token] of tokens.entries()) {
      ids.push(token);
      mask.push(weigh(at));
    }
  };
  for (const chat of chats) {
    put([start], () => 0);
    for (const [question, answer] of chat) {
      put([user, ...encode(question), end, assistant], () => 0);
      const said = [...encode(answer), end];
      put(said, (at) => weightOf(at, said.length));
    }
  }
  return { ids, mask };
}

function weightOf(at: number, length: number): number {
  const least = at < firstTokens ? firstWeight : 1;
  return Math.min(weightMax, Math.max(least, Math.round(answerWeight / length)));
}

const [input = 'chat.jsonl', vocabulary = '2048', folder = '.'] = process.argv.slice(2);
const text = readFileSync(input, 'utf8');
const chats = text
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as readonly Turn[]);
const known = join(folder, 'tok.json');
const tokenizer = existsSync(known)
  ? (JSON.parse(readFileSync(known, 'utf8')) as Tokenizer)
  : learnTokenizer(chats.flat(2), Number(vocabulary));
const { ids, mask } = encodeChats(chats, tokenizer);
const cut = Math.floor(ids.length * trainingShare);
writeFileSync(known, JSON.stringify(tokenizer));
for (const [name, from, to] of [['train', 0, cut] as const, ['val', cut, ids.length] as const]) {
  writeFileSync(join(folder, `${name}.bin`), Uint16Array.from(ids.slice(from, to)));
  writeFileSync(join(folder, `${name}.msk`), Uint8Array.from(mask.slice(from, to)));
}
console.log(
  `${tokenizer.merges.length} merges, ${ids.length} tokens, ${(text.length / ids.length).toFixed(2)} bytes a token`,
);
