// Reads the project's own text files, as a clean clone has them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { FileText } from './source.ts';

const foreign = new Set(['node_modules', 'dist', '.git', '.wrangler', '.pilotlight']);
const binary = /\.(?:gguf|png|jpg|ico|woff2?|br)$/;

export function readTree(root: string): readonly FileText[] {
  const files: FileText[] = [];
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = join(folder, entry.name);
      if (entry.isDirectory() && !foreign.has(entry.name)) waiting.push(file);
      if (!entry.isFile() || binary.test(entry.name)) continue;
      files.push({ path: relative(root, file).split(sep).join('/'), text: readFileSync(file, 'utf8') });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
