// The apps of Modal in which sandboxes of ours may still run, on disk: those of a version that is gone are looked for until the last of them
// must have ended by itself. Owns the file.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Each is asked at each sweep. */
const appsMax = 16;

/** By name, until when. */
const page = z.record(z.string(), z.number());

export class AppMemory {
  readonly #file: string;
  #untilMs: Readonly<Record<string, number>>;

  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true });
    this.#file = join(stateDir, 'modal-apps.json');
    this.#untilMs = readPage(this.#file);
  }

  names(): readonly string[] {
    return Object.entries(this.#untilMs)
      .filter(([, untilMs]) => untilMs > Date.now())
      .map(([name]) => name);
  }

  /** A sandbox that lives for so long at most is about to be made there, or may run there. */
  keep(name: string, forMs: number): void {
    const untilMs = Math.max(Date.now() + forMs, this.#untilMs[name] ?? 0);
    const known = Object.entries({ ...this.#untilMs, [name]: untilMs });
    // Those that go first are the oldest.
    const kept = known.filter(([, each]) => each > Date.now()).toSorted(([, a], [, b]) => b - a);
    this.#untilMs = Object.fromEntries(kept.slice(0, appsMax));
    const next = `${this.#file}.next`;
    writeFileSync(next, JSON.stringify(this.#untilMs));
    renameSync(next, this.#file);
  }
}

function readPage(file: string): Readonly<Record<string, number>> {
  try {
    return page.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
