import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { driverPlants } from '../../conformance-matrix/plants.ts';

const root = resolve(import.meta.dirname, '../../..');

const plants = Object.entries(driverPlants).flatMap(([of, all]) =>
  all.map((plant) => [`${of}: ${plant.name}`, plant] as const),
);

test.each(plants)(
  'the planted bug %s is a change of source that is there, and its test is, too',
  (_, { file, find, replace, suite }) => {
    const source = readFileSync(resolve(root, file), 'utf8');
    expect(source.split(find)).toHaveLength(2);
    expect(source.replace(find, replace)).not.toBe(source);
    if (suite !== undefined) expect(() => readFileSync(resolve(root, suite))).not.toThrow();
  },
);
