import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { serverPlants } from '../../conformance-matrix/server-plants.ts';

const root = resolve(import.meta.dirname, '../../..');

test.each(serverPlants.map((plant) => [plant.name, plant] as const))(
  'the planted bug %s is a change of source that is there, and its test is, too',
  (_, { file, find, replace, suite }) => {
    const source = readFileSync(resolve(root, file), 'utf8');
    expect(source.split(find)).toHaveLength(2);
    expect(source.replace(find, replace)).not.toBe(source);
    expect(() => readFileSync(resolve(root, suite))).not.toThrow();
  },
);
