// The llama architecture as a GGUF file: which metadata it needs, which tensors it has, and the chat template. Where the numbers in the
// tensors come from is the caller's.
import { writeGguf, type MetadataValue, type Tensor } from './gguf-writer.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface LlamaShape {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values; each is shared by heads / keyHeads queries. */
  readonly keyHeads: number;
  readonly hidden: number;
  readonly contextTokens: number;
}

/** Names of the tensors of one layer, in the order of the file. */
export type LayerTensor =
  | 'attn_norm'
  | 'attn_q'
  | 'attn_k'
  | 'attn_v'
  | 'attn_output'
  | 'ffn_norm'
  | 'ffn_gate'
  | 'ffn_up'
  | 'ffn_down';

export interface LlamaWeights {
  embedding(length: number): Float32Array;
  layer(layer: number, tensor: LayerTensor, length: number): Float32Array;
  outputNorm(length: number): Float32Array;
}

export interface LlamaFile {
  readonly path: string;
  readonly name: string;
  readonly shape: LlamaShape;
  readonly tokenizer: Tokenizer;
  readonly weights: LlamaWeights;
}

const chatTemplate =
  "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'assistant' %}<|assistant|>{{ m['content'] }}<|end|>{% elif m['role'] == 'user' %}<|user|>{{ m['content'] }}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";
const tokenKinds = { normal: 1, control: 3, unused: 5 } as const;
/** Places of `<|endoftext|>` and `<|end|>` among the special tokens. */
const startToken = 0;
const endToken = 4;
const fileTypeQ8 = 7;

export function writeLlamaGguf(file: LlamaFile): void {
  writeGguf(file.path, listMetadata(file), listTensors(file));
}

export function countParameters(shape: LlamaShape, vocabulary: number): number {
  const { width, layers, hidden } = shape;
  const layer = width * (2 * width + 2 * keyWidth(shape) + 3 * hidden + 2);
  return vocabulary * width + layers * layer + width;
}

function listMetadata({ name, shape, tokenizer }: LlamaFile): readonly (readonly [string, MetadataValue])[] {
  const text = (value: string) => ({ kind: 'text', value }) as const;
  const u32 = (value: number) => ({ kind: 'u32', value }) as const;
  const f32 = (value: number) => ({ kind: 'f32', value }) as const;
  const kinds = tokenizer.tokens.map((token, id) => {
    if (id < tokenizer.special.length) return tokenKinds.control;
    return token.startsWith('[PAD') ? tokenKinds.unused : tokenKinds.normal;
  });
  return [
    ['general.architecture', text('llama')],
    ['general.name', text(name)],
    ['general.license', text('apache-2.0')],
    ['general.file_type', u32(fileTypeQ8)],
    ['llama.context_length', u32(shape.contextTokens)],
    ['llama.embedding_length', u32(shape.width)],
    ['llama.block_count', u32(shape.layers)],
    ['llama.feed_forward_length', u32(shape.hidden)],
    ['llama.attention.head_count', u32(shape.heads)],
    ['llama.attention.head_count_kv', u32(shape.keyHeads)],
    ['llama.attention.layer_norm_rms_epsilon', f32(1e-5)],
    ['llama.rope.freq_base', f32(10_000)],
    ['llama.rope.dimension_count', u32(shape.width / shape.heads)],
    ['llama.vocab_size', u32(tokenizer.tokens.length)],
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text('gpt-2')],
    ['tokenizer.ggml.tokens', { kind: 'texts', value: tokenizer.tokens }],
    ['tokenizer.ggml.token_type', { kind: 'i32s', value: kinds }],
    ['tokenizer.ggml.merges', { kind: 'texts', value: tokenizer.merges }],
    ['tokenizer.ggml.bos_token_id', u32(startToken)],
    ['tokenizer.ggml.eos_token_id', u32(endToken)],
    ['tokenizer.ggml.eot_token_id', u32(endToken)],
    ['tokenizer.ggml.padding_token_id', u32(startToken)],
    ['tokenizer.ggml.add_bos_token', { kind: 'bool', value: true }],
    ['tokenizer.chat_template', text(chatTemplate)],
  ];
}

function listTensors({ shape, tokenizer, weights }: LlamaFile): readonly Tensor[] {
  const { width, hidden } = shape;
  const keys = keyWidth(shape);
  const layerShapes: readonly (readonly [LayerTensor, readonly number[]])[] = [
    ['attn_norm', [width]],
    ['attn_q', [width, width]],
    ['attn_k', [width, keys]],
    ['attn_v', [width, keys]],
    ['attn_output', [width, width]],
    ['ffn_norm', [width]],
    ['ffn_gate', [width, hidden]],
    ['ffn_up', [width, hidden]],
    ['ffn_down', [hidden, width]],
  ];
  const tensor = (
    name: string,
    dimensions: readonly number[],
    read: (length: number) => Float32Array,
  ): Tensor => ({
    name: `${name}.weight`,
    shape: dimensions,
    type: dimensions.length === 2 ? 'q8_0' : 'f32',
    data: () => read(dimensions.reduce((product, length) => product * length, 1)),
  });
  const layers = Array.from({ length: shape.layers }, (_, layer) =>
    layerShapes.map(([name, dimensions]) =>
      tensor(`blk.${layer}.${name}`, dimensions, (length) => weights.layer(layer, name, length)),
    ),
  );
  return [
    tensor('token_embd', [width, tokenizer.tokens.length], (length) => weights.embedding(length)),
    ...layers.flat(),
    tensor('output_norm', [width], (length) => weights.outputNorm(length)),
  ];
}

function keyWidth({ width, heads, keyHeads }: LlamaShape): number {
  return (width / heads) * keyHeads;
}
