// Each planted bug of the driver is caught by the check that is named for it: the same real agent program, from a copy with the bug in it.
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { plantEdits } from '../chaos/plants.ts';
import { clusterChecks, Stage } from '../support/kubernetes/cluster-checks.ts';
import { clusterPlants } from '../support/kubernetes/plants.ts';

for (const [name, plant] of Object.entries(clusterPlants)) {
  test(`${name} is caught: ${plant.caughtBy}`, async () => {
    const copy = plantEdits(name, [plant]);
    const stage = new Stage(copy);
    try {
      await expect(clusterChecks[plant.caughtBy](stage)).rejects.toThrow();
      expect(stage.isOpen).toBe(true);
    } finally {
      await stage.close();
      rmSync(copy, { recursive: true, force: true });
    }
  });
}
