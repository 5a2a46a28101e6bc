// Writes GGUF files, version 3: metadata, then tensors in f32 or Q8_0. Knows nothing of what they mean.
import { closeSync, openSync, writeSync } from 'node:fs';

export type MetadataValue =
  | { readonly kind: 'u32' | 'f32'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'texts'; readonly value: readonly string[] }
  | { readonly kind: 'i32s'; readonly value: readonly number[] };

export interface Tensor {
  readonly name: string;
  /** Innermost dimension first. */
  readonly shape: readonly number[];
  readonly type: 'f32' | 'q8_0';
  /** Called when the tensor is written, so that a large model need not be in memory as a whole. */
  readonly data: () => Float32Array;
}

const valueTypes = { u32: 4, i32: 5, f32: 6, bool: 7, text: 8, array: 9 } as const;
const tensorTypes = { f32: 0, q8_0: 8 } as const;
const alignment = 32;
/** Q8_0: 32 values share one scale of 16 bits. */
const blockValues = 32;
const blockBytes = 2 + blockValues;

export function writeGguf(
  path: string,
  metadata: readonly (readonly [string, MetadataValue])[],
  tensors: readonly Tensor[],
): void {
  let offset = 0;
  const infos = tensors.map(({ name, shape, type }) => {
    const start = offset;
    offset += align(bytesOf(type, shape));
    return Buffer.concat([
      text(name),
      u32(shape.length),
      ...shape.map(u64),
      u32(tensorTypes[type]),
      u64(start),
    ]);
  });
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(metadata.length),
    ...metadata.map(([key, value]) => Buffer.concat([text(key), encodeValue(value)])),
    ...infos,
  ]);
  const file = openSync(path, 'w');
  try {
    writeSync(file, padded(head));
    for (const { type, data } of tensors) writeSync(file, padded(encodeTensor(type, data())));
  } finally {
    closeSync(file);
  }
}

function encodeValue(entry: MetadataValue): Buffer {
  switch (entry.kind) {
    case 'u32':
      return Buffer.concat([u32(valueTypes.u32), u32(entry.value)]);
    case 'f32':
      return Buffer.concat([u32(valueTypes.f32), f32(entry.value)]);
    case 'bool':
      return Buffer.concat([u32(valueTypes.bool), Buffer.from([entry.value ? 1 : 0])]);
    case 'text':
      return Buffer.concat([u32(valueTypes.text), text(entry.value)]);
    case 'texts':
      return Buffer.concat([array(valueTypes.text, entry.value.length), ...entry.value.map(text)]);
    case 'i32s':
      return Buffer.concat([array(valueTypes.i32, entry.value.length), bytes(Int32Array.from(entry.value))]);
  }
}

function encodeTensor(type: Tensor['type'], values: Float32Array): Buffer {
  return type === 'f32' ? bytes(values) : quantize(values);
}

function quantize(values: Float32Array): Buffer {
  const out = Buffer.alloc(bytesOf('q8_0', [values.length]));
  for (let block = 0; block * blockValues < values.length; block += 1) {
    const slice = values.subarray(block * blockValues, (block + 1) * blockValues);
    let largest = 0;
    for (const value of slice) largest = Math.max(largest, Math.abs(value));
    const scale = largest / 127;
    const inverse = scale === 0 ? 0 : 1 / scale;
    out.writeUInt16LE(toHalf(scale), block * blockBytes);
    for (const [at, value] of slice.entries()) {
      const level = Math.max(-127, Math.min(127, Math.round(value * inverse)));
      out.writeInt8(level, block * blockBytes + 2 + at);
    }
  }
  return out;
}

/** The bits of the nearest 16-bit float; never negative here. */
function toHalf(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent >= 31) return 0x7c00;
  if (exponent > 0) return ((exponent << 10) | (mantissa >>> 13)) + ((mantissa >>> 12) & 1);
  if (exponent < -10) return 0;
  const shift = 14 - exponent;
  const full = mantissa | 0x800000;
  return (full >>> shift) + ((full >>> (shift - 1)) & 1);
}

function bytesOf(type: Tensor['type'], shape: readonly number[]): number {
  const values = shape.reduce((product, length) => product * length, 1);
  return type === 'f32' ? values * 4 : (values / blockValues) * blockBytes;
}

function align(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function padded(buffer: Buffer): Buffer {
  return Buffer.concat([buffer, Buffer.alloc(align(buffer.length) - buffer.length)]);
}

function text(value: string): Buffer {
  const encoded = Buffer.from(value, 'utf8');
  return Buffer.concat([u64(encoded.length), encoded]);
}

function array(type: number, length: number): Buffer {
  return Buffer.concat([u32(valueTypes.array), u32(type), u64(length)]);
}

function bytes(values: Float32Array | Int32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function u32(value: number): Buffer {
  return bytes(Int32Array.of(value));
}

function f32(value: number): Buffer {
  return bytes(Float32Array.of(value));
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}
