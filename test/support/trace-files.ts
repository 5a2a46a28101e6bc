// Real traces for tests that can use them: a folder named by PILOTLIGHT_TRACES with `gentd26-fit.csv.gz` and `gentd26-tune.csv.gz` in the
// replay format. The project ships none; tests that need them are skipped and say so.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseReplay } from '../../src/sim/replay/parse-replay.ts';
import type { Workload } from '../../src/sim/replay/workload.ts';

type Split = 'fit' | 'tune';

const folder = process.env['PILOTLIGHT_TRACES'] ?? '';

export const tracesAreThere =
  folder !== '' && (['fit', 'tune'] as const).every((split) => existsSync(pathOf(split)));

/** A test's title, with the reason when it is going to be skipped. */
export function traceTitle(title: string): string {
  const reason = 'PILOTLIGHT_TRACES names no folder with gentd26-fit.csv.gz and gentd26-tune.csv.gz';
  return tracesAreThere ? title : `${title} (skipped: ${reason})`;
}

const loaded = new Map<Split, Workload>();

export function loadTrace(split: Split): Workload {
  const known = loaded.get(split);
  if (known !== undefined) return known;
  const parsed = parseReplay(gunzipSync(readFileSync(pathOf(split))).toString('utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  loaded.set(split, parsed.value);
  return parsed.value;
}

function pathOf(split: Split): string {
  return join(folder, `gentd26-${split}.csv.gz`);
}
