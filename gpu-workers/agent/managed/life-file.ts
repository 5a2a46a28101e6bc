// The replicas that share the floor of one place, on disk: the next agent goes on with the same floor. Owns the file.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LifeStore, ManagedLife } from '../../../src/backends/managed/managed-place.ts';

const page = z.array(
  z.object({
    id: z.string(),
    generation: z.int().min(1),
    pool: z.string(),
    startedMs: z.number(),
    readyMs: z.number().nullable(),
    ending: z.boolean(),
  }),
);

export class LifeFile implements LifeStore {
  readonly #file: string;

  constructor(stateDir: string, version: string) {
    mkdirSync(stateDir, { recursive: true });
    this.#file = join(stateDir, `floor-${version}.json`);
  }

  /** Nothing where there is no file, or a damaged one: the pools will ask for what they need. */
  read(): readonly ManagedLife[] {
    try {
      return page.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      return [];
    }
  }

  /** Replaced by a rename, so that a kill at any moment leaves the old text or the new. */
  write(lives: readonly ManagedLife[]): void {
    const next = `${this.#file}.next`;
    writeFileSync(next, JSON.stringify(lives));
    renameSync(next, this.#file);
  }
}
