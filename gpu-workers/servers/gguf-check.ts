// Whether a GGUF file can be what it claims to be: there, with a sound header, and as long as its tensors need. The engine's loader ends
// the whole process on a bad file, so nothing reaches it unchecked. Owns no meaning of the metadata. Reads the header alone.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { err, ok, type Result } from '../../src/core/base/result.ts';

/** Lengths and counts that no real model comes near; this keeps a file of garbage from being read as a header without end. */

const countMax = 64 * 1024 * 1024;
const dimensionsMax = 4;
const defaultAlignment = 32;

/** Type of a tensor -> values in a block and bytes of a block. Types that are missing here are only checked to begin inside the file. */
const blocks: Readonly<Record<number, readonly [values: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  30: [1, 2],
};

/** Type of a metadata value -> its bytes. Strings (8) and arrays (9) are of their own length. */
const valueBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

export function checkGguf(path: string): Result<null, string> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return err(`no weights at ${path}`);
  }
  try {
    const bytes = fstatSync(file).size;
    const missing = findMissing(new HeaderReader(file), bytes);
    return missing === null ? ok(null) : err(`weights at ${path} cannot be loaded: ${missing}`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    return err(`weights at ${path} cannot be loaded: ${why}`);
  } finally {
    closeSync(file);
  }
}

function findMissing(reader: HeaderReader, fileBytes: number): string | null {
  if (reader.text(4) !== 'GGUF') return 'not a GGUF file';
  const version = reader.u32();
  if (version < 2 || version > 3) return `GGUF version ${version} is not supported`;
  const tensors = reader.count();
  let alignment = defaultAlignment;
  for (let left = reader.count(); left > 0; left -= 1) {
    const key = reader.text(reader.count());
    const type = reader.u32();
    if (key === 'general.alignment' && type === 4) alignment = reader.u32();
    else skipValue(reader, type);
  }
  let dataBytes = 0;
  for (let left = tensors; left > 0; left -= 1) dataBytes = Math.max(dataBytes, readTensorEnd(reader));
  const needed = Math.ceil(reader.position / alignment) * alignment + dataBytes;
  return needed <= fileBytes ? null : `the file ends after ${fileBytes} of ${needed} bytes`;
}

function skipValue(reader: HeaderReader, type: number): void {
  if (type === 8) return reader.skip(reader.count());
  const bytes = valueBytes[type];
  if (bytes !== undefined) return reader.skip(bytes);
  if (type !== 9) throw new Error(`the header has a value of unknown type ${type}`);
  const itemType = reader.u32();
  const items = reader.count();
  const itemBytes = valueBytes[itemType];
  if (itemBytes !== undefined) return reader.skip(items * itemBytes);
  for (let left = items; left > 0; left -= 1) skipValue(reader, itemType);
}

/** Where in the data the tensor ends, as far as that is known. */
function readTensorEnd(reader: HeaderReader): number {
  reader.skip(reader.count());
  const dimensions = reader.u32();
  if (dimensions > dimensionsMax) throw new Error(`a tensor has ${dimensions} dimensions`);
  let values = 1;
  for (let left = dimensions; left > 0; left -= 1) values *= reader.u64();
  const [blockValues, blockBytes] = blocks[reader.u32()] ?? [1, 0];
  return reader.u64() + Math.ceil(values / blockValues) * blockBytes;
}

/** Reads forward through the file in pieces: a header may have megabytes of vocabulary. */
class HeaderReader {
  readonly #file: number;
  #piece: Buffer = Buffer.alloc(0);
  #pieceStart = 0;
  #at = 0;

  constructor(file: number) {
    this.#file = file;
  }

  get position(): number {
    return this.#at;
  }

  u32(): number {
    return this.#bytes(4).readUInt32LE();
  }

  u64(): number {
    return Number(this.#bytes(8).readBigUInt64LE());
  }

  count(): number {
    const count = this.u64();
    if (count > countMax) throw new Error('the header is garbage');
    return count;
  }

  text(bytes: number): string {
    return this.#bytes(bytes).toString('utf8');
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  #bytes(length: number): Buffer {
    const start = this.#at - this.#pieceStart;
    if (start < 0 || start + length > this.#piece.length) return this.#refill(length);
    this.#at += length;
    return this.#piece.subarray(start, start + length);
  }

  #refill(length: number): Buffer {
    const piece = Buffer.alloc(Math.max(length, 1 << 16));
    const read = readSync(this.#file, piece, 0, piece.length, this.#at);
    if (read < length) throw new Error('the file ends inside its header');
    this.#piece = piece.subarray(0, read);
    this.#pieceStart = this.#at;
    this.#at += length;
    return this.#piece.subarray(0, length);
  }
}
