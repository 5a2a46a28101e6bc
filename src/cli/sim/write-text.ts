// Writes a text file, packed when its name ends in .gz, with one clear line when that fails.
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { err, ok, type Result } from '../../core/base/result.ts';

/** The same text gives the same bytes: a gzip file of this runtime carries no time and no name. */
export function writeText(path: string, pieces: Iterable<string>): Result<null, string> {
  const bytes = Buffer.concat(Array.from(pieces, (piece) => Buffer.from(piece)));
  try {
    writeFileSync(path, path.endsWith('.gz') ? gzipSync(bytes) : bytes);
    return ok(null);
  } catch (cause) {
    return err(`${path}: cannot be written (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}
