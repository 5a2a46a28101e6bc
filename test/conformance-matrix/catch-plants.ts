// Plants a bug of a driver in a copy of the project and looks whether the driver's own suites catch it.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from '../../src/cli/checks.ts';
import { plantEdits } from '../chaos/plants.ts';
import type { Implementation } from './implementations.ts';
import type { DriverPlant } from './plants.ts';
import { project, runSuites } from './run-suites.ts';

/** A copy holds what a test needs beside the product. */
const testParts = ['test', 'vitest.config.ts'];

export async function catchPlant({ name, files }: Implementation, plant: DriverPlant): Promise<Check> {
  const copy = plantEdits(`${name}-${plant.name}`, [plant]);
  try {
    for (const part of testParts) cpSync(join(project, part), join(copy, part), { recursive: true });
    const suites = plant.suite === undefined ? files : [plant.suite];
    const { outcomes, broken } = await runSuites(suites, { root: copy, only: plant.caughtBy });
    const ran = outcomes.filter(({ ancestorTitles, title }) =>
      [...ancestorTitles, title].join(' ').includes(plant.caughtBy),
    );
    const failed = ran.filter(({ status }) => status === 'failed').length;
    // A suite that cannot even be loaded has caught nothing.
    const isCaught = failed > 0 && broken.length === 0;
    const note = broken.length > 0 ? broken.join('; ') : `${plant.what}: "${plant.caughtBy}"`;
    return {
      id: `plants.${name}.${plant.name}`,
      value: isCaught ? 1 : 0,
      bar: 1,
      op: '>=',
      ok: isCaught,
      n: ran.length,
      note,
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
