// Negative controls of the quota's simulation: each planted bug must be caught, for what it is.
import { expect, test } from 'vitest';
import { ManagedWorld } from '../support/managed/managed-world.ts';
import { managedPlants, withPlant } from '../support/managed/planted-parts.ts';

const seedsMax = 60;

test.each(Object.entries(managedPlants))('%s is caught', async (_name, plant) => {
  const caught = await withPlant(plant, async (parts) => {
    for (let seed = 1; seed <= seedsMax; seed += 1) {
      const world = new ManagedWorld(seed, parts);
      await world.run(20);
      const found = [...world.violations].find((each) => plant.caught.test(each));
      if (found !== undefined) return `seed ${seed}: ${found}`;
    }
    return null;
  });
  expect(caught).not.toBeNull();
});
