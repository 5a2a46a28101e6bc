// Looks before long work whether its results can be written, so that a slip in a path does not cost minutes.
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** One line about a file that cannot be written; null when all is well, or when the file is not asked for. */
export function checkOutput(option: string, path: string | null): string | null {
  if (path === null) return null;
  const folder = dirname(path);
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      return `--${option} ${path}: is a directory, give a file`;
    accessSync(folder, constants.W_OK);
    return null;
  } catch {
    return `--${option} ${path}: there is no folder ${folder} that can be written to`;
  }
}
