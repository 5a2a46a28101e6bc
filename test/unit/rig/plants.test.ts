// The bugs that the rig plants: each changes a text that is in the source, so that a scenario which stays good with it has truly not seen it;
// and each names checks that its scenario is known to make.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scenarios } from '../../rig/scenarios.ts';
import { isMeant } from '../../rig/scenario.ts';

const root = resolve(import.meta.dirname, '../../..');
const planted = scenarios.flatMap(({ name, plants }) =>
  Object.entries(plants).map(([plant, { edits = [], without = [], breaks }]) => ({
    name,
    plant,
    edits,
    without,
    breaks,
  })),
);

describe('a planted bug', () => {
  it.each(planted)('of $name, $plant, changes what is there', ({ edits, without }) => {
    expect(edits.length + without.length).toBeGreaterThan(0);
    for (const { file, find, replace } of edits) {
      const source = readFileSync(join(root, file), 'utf8');
      expect(source.split(find), `${file} has "${find}" once`).toHaveLength(2);
      expect(source.replace(find, () => replace)).not.toBe(source);
    }
  });

  it.each(planted)('of $name, $plant, is meant for checks of its own scenario', ({ name, breaks }) => {
    expect(breaks.length).toBeGreaterThan(0);
    for (const id of breaks) {
      expect(id.startsWith(`${name}.`)).toBe(true);
      // A bug that any check may find is caught by noise.
      expect(id).not.toBe(`${name}.*`);
    }
  });

  it('is caught by the checks that it names, and by those that begin so where it ends with a star', () => {
    expect(isMeant({ breaks: ['a.b'] }, 'a.b')).toBe(true);
    expect(isMeant({ breaks: ['a.b'] }, 'a.bc')).toBe(false);
    expect(isMeant({ breaks: ['a.b*'] }, 'a.bc')).toBe(true);
    expect(isMeant({ breaks: ['a.b*'] }, 'a.c')).toBe(false);
  });
});
