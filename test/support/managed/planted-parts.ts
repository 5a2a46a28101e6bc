// The backends and the quota with one bug planted into a copy of their source. A plant whose text is not found is an error: it would prove
// nothing.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Parts } from './managed-world.ts';

export interface ManagedPlant {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** What the world says of it. */
  readonly caught: RegExp;
}

const managed = 'src/backends/managed';
const quota = 'gpu-workers/agent/managed/gpu-quota.ts';
const overQuota = /of 8 GPUs/;

export const managedPlants: Readonly<Record<string, ManagedPlant>> = {
  'a buffer that ignores the quota': {
    file: `${managed}/plan-target.ts`,
    find: 'Math.min(buffer, containersMax - floor)',
    replace: 'buffer',
    caught: overQuota,
  },
  'a redeploy that is not noticed': {
    file: `${managed}/managed-backend.ts`,
    find: 'const set = await this.#told.tell();\n    if (set.ok) await this.#look();',
    replace:
      'const { floor, buffer } = this.#target();\n    const set = this.#told.isKnown && floor + buffer === this.#told.told ? ok(null) : await this.#told.tell();\n    if (set.ok) await this.#look();',
    caught: /as the redeploy has left it/,
  },
  'a floor that is not lowered when a replica is stopped': {
    file: `${managed}/plan-target.ts`,
    find: 'return lives.filter(({ ending }) => !ending).length;',
    replace: 'return lives.length;',
    caught: /keeps a floor|at rest/,
  },
  'a word that may have been heard, and is not counted': {
    file: `${managed}/told-place.ts`,
    find: 'this.#told = Math.max(before, held);',
    replace: 'this.#told = held;',
    caught: overQuota,
  },
  'containers that still run, and are not counted': {
    file: `${managed}/told-place.ts`,
    find: 'return Math.max(this.#wanted, this.#told, this.#running);',
    replace: 'return Math.max(this.#wanted, this.#told);',
    caught: overQuota,
  },
  'a place that is told two things at once': {
    file: `${managed}/told-place.ts`,
    find: 'const set = this.#setting.then(act, act);',
    replace: 'const set = act();\n    if (this.#next === null) return set;',
    caught: /GPUs|keeps a floor/,
  },
  'a start before it is known what an earlier agent has left': {
    file: quota,
    find: 'isKnown: () => this.#users.every((each) => each.isKnown?.() ?? true),',
    replace: 'isKnown: () => true,',
    caught: overQuota,
  },
  'a quota that each place has for itself': {
    file: quota,
    find: 'sum + (each === user ? 0 : each.used())',
    replace: 'sum + 0 * each.used()',
    caught: overQuota,
  },
};

const root = resolve(import.meta.dirname, '../../..');

/** Loads the parts from a copy with the plant in it, for as long as `use` takes. */
export async function withPlant<T>(plant: ManagedPlant, use: (parts: Parts) => Promise<T>): Promise<T> {
  const copy = mkdtempSync(join(tmpdir(), 'pilotlight-plant-'));
  try {
    for (const part of ['src/backends', 'src/core', quota])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    const file = join(copy, plant.file);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(plant.find)) throw new Error(`${plant.file} has no longer: ${plant.find}`);
    writeFileSync(
      file,
      text.replace(plant.find, () => plant.replace),
    );
    const { ManagedBackend } = (await import(join(copy, managed, 'managed-backend.ts'))) as Parts;
    const { GpuQuota } = (await import(join(copy, quota))) as Parts;
    return await use({ ManagedBackend, GpuQuota });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
