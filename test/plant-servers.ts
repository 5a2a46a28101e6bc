// Plants each bug of test/conformance-matrix/server-plants.ts in a copy of the project, and looks whether its test catches it:
//
//   node test/plant-servers.ts [NAME...]
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { plantEdits } from './chaos/plants.ts';
import { serverPlants } from './conformance-matrix/server-plants.ts';

const root = resolve(import.meta.dirname, '..');
const names = process.argv.slice(2);
const chosen = serverPlants.filter(({ name }) => names.length === 0 || names.includes(name));
let missed = 0;
for (const plant of chosen) {
  const copy = plantEdits(plant.name, [plant]);
  for (const part of ['test', 'vitest.config.ts'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  const project = plant.suite.startsWith('test/unit/') ? 'unit' : 'conformance';
  const args = [
    'run',
    '--project',
    project,
    '--reporter',
    'verbose',
    plant.suite,
    '-t',
    plant.caughtBy.replaceAll(/[()]/g, '.'),
  ];
  const ran = spawnSync(join(root, 'node_modules/.bin/vitest'), args, {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  // A file that cannot be read fails too, and shows nothing.
  const isCaught = ran.status !== 0 && /Tests\s+[1-9]\d* failed/.test(ran.stdout);
  missed += isCaught ? 0 : 1;
  console.log(`${plant.name.padEnd(32)}${isCaught ? 'caught' : 'MISSED'}  ${plant.what}`);
  if (!isCaught) console.log(ran.stdout.slice(-1_500), ran.stderr.slice(-500));
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${chosen.length - missed} passed, ${missed} failed`);
process.exitCode = missed === 0 ? 0 : 1;
