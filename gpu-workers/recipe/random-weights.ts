// Weights drawn at random, of any size: they cost what a real model of that size costs to load and to run, and say nothing. For tests and
// benchmarks; written when needed, never kept. Its tokenizer knows bytes alone.
import { Draw } from './draw.ts';
import { writeLlamaGguf, type LlamaShape } from './llama-gguf.ts';
import { makeByteTokenizer } from './tokenizer.ts';

/** 5 special tokens and 256 bytes, rounded up. */
export const randomVocabulary = 512;
const seed = 12_345;

/** The same shape gives the same file. */
export function writeRandomGguf(path: string, shape: LlamaShape): void {
  const draw = new Draw(seed);
  const random = (length: number, spread: number): Float32Array => {
    const values = new Float32Array(length);
    for (let at = 0; at < length; at += 1) values[at] = (draw.next() - 0.5) * spread;
    return values;
  };
  writeLlamaGguf({
    path,
    name: 'random',
    shape,
    tokenizer: makeByteTokenizer(randomVocabulary),
    weights: {
      embedding: (length) => random(length, 0.1),
      layer: (_layer, tensor, length) =>
        tensor.endsWith('_norm') ? new Float32Array(length).fill(1) : random(length, 0.07),
      outputNorm: (length) => new Float32Array(length).fill(1),
    },
  });
}
