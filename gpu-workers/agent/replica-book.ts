// The agent's words on disk: which processes it is about to start or has started, and which agent wrote this. Owns the file, so that
// the next agent can find what a crash left behind; ends no process itself (orphans.ts does).
//
// The file is replaced by a rename, so that a kill at any moment leaves the old or the new text. It is not flushed to the platter:
// what loses the page cache (power, kernel) ends the replicas too.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { must } from '../../src/core/base/assert.ts';
import { err, ok, type Result } from '../../src/core/base/result.ts';
import { isRunning, readBootId, readIdentity, type ProcessIdentity } from './process-table.ts';

const identity = z.object({ pid: z.int().min(2), startTicks: z.string() });

const row = z.object({
  id: z.string(),
  generation: z.number(),
  pool: z.string(),
  version: z.string(),
  /** Minted for one process and set in its environment, which its children inherit. */
  token: z.string().min(16),
  /** Null between the intent and the spawn. */
  process: identity.nullable(),
});

const page = z.object({ bootId: z.string(), agent: identity.nullable(), replicas: z.array(row) });

export type ReplicaRow = z.infer<typeof row>;

/** What the agent before this one left: rows whose processes may still run. */
export interface Leftovers {
  readonly rows: readonly ReplicaRow[];
  /** True when the file was there but could not be read: then nothing is known of earlier replicas. */
  readonly damaged: boolean;
}

export class ReplicaBook {
  readonly #file: string;
  readonly #rows = new Map<string, ReplicaRow>();

  private constructor(file: string) {
    this.#file = file;
  }

  /** Takes the state directory over. Refuses when it cannot be written, or when another agent works in it now. */
  static open(
    stateDir: string,
  ): Result<{ readonly book: ReplicaBook; readonly leftovers: Leftovers }, string> {
    const file = join(stateDir, 'replicas.json');
    const last = readPage(file);
    if (last !== null && last !== 'damaged' && last.agent !== null && isOther(last.bootId, last.agent)) {
      return err(
        `the agent with pid ${last.agent.pid} works in ${stateDir}: end it first, or set PILOTLIGHT_STATE`,
      );
    }
    const book = new ReplicaBook(file);
    const leftovers = leftoversOf(last);
    for (const each of leftovers.rows) book.#rows.set(each.token, each);
    try {
      mkdirSync(stateDir, { recursive: true });
      book.#write();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      return err(
        `cannot write to the state directory ${stateDir} (${why}): set PILOTLIGHT_STATE to a writable one`,
      );
    }
    return ok({ book, leftovers });
  }

  /** Before the spawn: from here on a crash cannot lose the process. */
  intend(intent: Omit<ReplicaRow, 'process'>): void {
    this.#rows.set(intent.token, { ...intent, process: null });
    try {
      this.#write();
    } catch (cause) {
      this.#rows.delete(intent.token);
      throw cause;
    }
  }

  /** After the spawn. The child is not reaped yet, so that its pid is its own. */
  record(token: string, pid: number): void {
    const known = must(this.#rows.get(token), `the intent of ${token}`);
    this.#rows.set(token, { ...known, process: readIdentity(pid) });
    this.#write();
  }

  forget(tokens: readonly string[]): void {
    let changed = false;
    for (const token of tokens) changed = this.#rows.delete(token) || changed;
    if (changed) this.#write();
  }

  #write(): void {
    const next = `${this.#file}.next`;
    const text = {
      bootId: readBootId(),
      agent: readIdentity(process.pid),
      replicas: [...this.#rows.values()],
    };
    writeFileSync(next, JSON.stringify(text));
    renameSync(next, this.#file);
  }
}

type LastPage = z.infer<typeof page> | 'damaged' | null;

function readPage(file: string): LastPage {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  try {
    return page.parse(JSON.parse(text));
  } catch {
    return 'damaged';
  }
}

function leftoversOf(last: LastPage): Leftovers {
  if (last === null) return { rows: [], damaged: false };
  if (last === 'damaged') return { rows: [], damaged: true };
  // After a boot nothing of an earlier one runs.
  return { rows: last.bootId === readBootId() ? last.replicas : [], damaged: false };
}

function isOther(bootId: string, agent: ProcessIdentity): boolean {
  return bootId === readBootId() && agent.pid !== process.pid && isRunning(agent);
}
