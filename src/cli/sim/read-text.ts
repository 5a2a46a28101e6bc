// Reads a text file, gzip or not, with one clear line for each way in which that fails. The only place where the simulator's commands
// touch files for reading.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { err, ok, type Result } from '../../core/base/result.ts';

/** Below the longest string of the runtime (2^29 - 24 characters). */
const bytesMax = 500_000_000;

/** The text of a file; it is unpacked when its first bytes are those of gzip, whatever its name. */
export function readText(path: string): Result<string, string> {
  const raw = readBytes(path);
  if (!raw.ok) return raw;
  const isGzip = raw.value[0] === 0x1f && raw.value[1] === 0x8b;
  if (!isGzip && path.endsWith('.gz') && raw.value.length > 0)
    return err(`${path}: is called .gz but does not begin like a gzip file`);
  const plain = isGzip ? unpack(path, raw.value) : raw;
  if (!plain.ok) return plain;
  if (plain.value.length > bytesMax)
    return err(`${path}: has more than ${bytesMax} bytes; cut it into parts`);
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(plain.value));
  } catch {
    return err(`${path}: is not UTF-8 text`);
  }
}

function readBytes(path: string): Result<Buffer, string> {
  try {
    return ok(readFileSync(path));
  } catch (cause) {
    return err(`${path}: ${sayWhy(cause)}`);
  }
}

function unpack(path: string, packed: Buffer): Result<Buffer, string> {
  try {
    return ok(gunzipSync(packed, { maxOutputLength: bytesMax }));
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE')
      return err(`${path}: unpacks to more than ${bytesMax} bytes; cut it into parts`);
    return err(`${path}: cannot be unpacked, the gzip data is damaged or cut off`);
  }
}

function sayWhy(cause: unknown): string {
  const code = codeOf(cause);
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'is a directory, give a file';
  if (code === 'EACCES') return 'may not be read';
  return `cannot be read (${code})`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
