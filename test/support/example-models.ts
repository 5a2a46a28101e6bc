// The example files of models of others, as they ship.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { must } from '../../src/core/base/assert.ts';
import type { ModelVersion } from '../../src/core/registry/model.ts';
import { parseCatalogue } from '../../src/core/registry/parse-catalogue.ts';

const folder = resolve(import.meta.dirname, '../../gpu-workers/examples');

export const exampleFiles: readonly string[] = readdirSync(folder).filter((name) => name.endsWith('.json'));

export function readExample(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

export function exampleVersions(file: string): readonly ModelVersion[] {
  const parsed = parseCatalogue(readExample(file));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.error}`);
  return parsed.value.versions;
}

export function exampleVersion(file: string, id: string): ModelVersion {
  return must(
    exampleVersions(file).find((version) => version.id === id),
    `${id} in ${file}`,
  );
}
