// The replicas that share the floor of one place, on disk, and where that place is: the next agent goes on with the same floor, or lowers it
// when the version is gone. Owns the file.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Catalogue, Launch, ModelVersion } from '../../../src/core/registry/model.ts';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import type { LifeStore, ManagedLife } from '../../../src/backends/managed/managed-place.ts';

const lifeList = z.array(
  z.object({
    id: z.string(),
    generation: z.int().min(1),
    pool: z.string(),
    startedMs: z.number(),
    readyMs: z.number().nullable(),
    ending: z.boolean(),
  }),
);
/** A bare list says nothing of its place. */
const page = z.union([
  z.object({ launch: z.unknown(), lives: lifeList }),
  lifeList.transform((lives) => ({ launch: null, lives })),
]);

export class LifeFile implements LifeStore {
  readonly #file: string;
  readonly #launch: Launch;

  constructor(stateDir: string, version: string, launch: Launch) {
    mkdirSync(stateDir, { recursive: true });
    this.#file = fileOf(stateDir, version);
    this.#launch = launch;
    if (existsSync(this.#file)) this.write(this.read());
  }

  /** Nothing where there is no file, or a damaged one: the pools will ask for what they need. */
  read(): readonly ManagedLife[] {
    return readPage(this.#file)?.lives ?? [];
  }

  /** Replaced by a rename, so that a kill at any moment leaves the old text or the new. */
  write(lives: readonly ManagedLife[]): void {
    const next = `${this.#file}.next`;
    writeFileSync(next, JSON.stringify({ launch: this.#launch, lives }));
    renameSync(next, this.#file);
  }
}

/** A floor that an earlier agent has left, of a version that this one does not have. */
export interface RetiredFloor {
  readonly version: ModelVersion;
  readonly lives: readonly ManagedLife[];
  forget(): void;
}

/** Whoever has retired more than these at once finds the others at the next start. */
const retiredMax = 256;

export function readRetired(
  stateDir: string,
  catalogue: Catalogue,
  log: (line: string) => void,
): readonly RetiredFloor[] {
  const known = new Set(catalogue.versions.map(({ id }) => id));
  const retired: RetiredFloor[] = [];
  for (const name of existsSync(stateDir) ? readdirSync(stateDir) : []) {
    const id = /^floor-(.+)\.json$/.exec(name)?.[1];
    if (id === undefined || known.has(id) || retired.length >= retiredMax) continue;
    const file = join(stateDir, name);
    const found = readPage(file);
    const parsed = parseCatalogue(
      JSON.stringify({ versions: [{ id, task: 'chat', launch: found?.launch }] }),
    );
    const version = parsed.ok ? parsed.value.versions[0] : undefined;
    if (version === undefined || found === null)
      log(`${id} is not in the catalogue any more, and ${file} does not say where it ran: look there`);
    else retired.push({ version, lives: found.lives, forget: () => rmSync(file, { force: true }) });
  }
  return retired;
}

function readPage(file: string): z.infer<typeof page> | null {
  try {
    return page.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function fileOf(stateDir: string, version: string): string {
  return join(stateDir, `floor-${version}.json`);
}
