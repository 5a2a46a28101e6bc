// Turns what train.py wrote into a GGUF file: node gpu-workers/recipe/to-gguf.ts NAME TOK.json OUT.gguf MODEL_NAME
// Reads NAME.json (shape and index) and NAME.f32 (all tensors, one behind the other).
import { readFileSync, statSync } from 'node:fs';
import { writeLlamaGguf, type LayerTensor } from './llama-gguf.ts';
import type { Tokenizer } from './tokenizer.ts';

interface TrainedIndex {
  readonly cfg: Readonly<Record<'V' | 'D' | 'L' | 'H' | 'KV' | 'FF' | 'T', number>>;
  /** Name of a tensor -> where it starts, in bytes, and its shape. */
  readonly idx: Readonly<Record<string, readonly [offset: number, shape: readonly number[]]>>;
}

/** How train.py calls the tensors of a layer. */
const trainedNames: Readonly<Record<LayerTensor, string>> = {
  attn_norm: 'an',
  attn_q: 'q.weight',
  attn_k: 'k.weight',
  attn_v: 'v.weight',
  attn_output: 'o.weight',
  ffn_norm: 'fn',
  ffn_gate: 'g.weight',
  ffn_up: 'u.weight',
  ffn_down: 'd.weight',
};

const [base = 'm', tokenizerPath = 'tok.json', path = 'model.gguf', name = 'tiny-chat'] =
  process.argv.slice(2);
const { cfg, idx } = JSON.parse(readFileSync(`${base}.json`, 'utf8')) as TrainedIndex;
const raw = readFileSync(`${base}.f32`);
const tokenizer = JSON.parse(readFileSync(tokenizerPath, 'utf8')) as Tokenizer;

function read(tensor: string, length: number): Float32Array {
  const [offset, shape] = idx[tensor] ?? [0, []];
  const found = shape.reduce((product, each) => product * each, 1);
  if (found !== length) throw new Error(`${tensor} has ${found} values instead of ${length}`);
  const start = raw.byteOffset + offset;
  return new Float32Array(raw.buffer.slice(start, start + length * 4));
}

writeLlamaGguf({
  path,
  name,
  shape: {
    width: cfg.D,
    layers: cfg.L,
    heads: cfg.H,
    keyHeads: cfg.KV,
    hidden: cfg.FF,
    contextTokens: cfg.T,
  },
  tokenizer,
  weights: {
    embedding: (length) => read('e.weight', length),
    layer: (layer, tensor, length) => read(`b.${layer}.${trainedNames[tensor]}`, length),
    outputNorm: (length) => read('n', length),
  },
});
console.log(`${path}: ${statSync(path).size} bytes`);
