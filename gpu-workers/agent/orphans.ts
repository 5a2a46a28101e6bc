// Remembers on disk which processes this agent has begun, so that the next agent can end what a crash left behind. A process is
// ended only when its pid, its start time and its environment marker all agree: a reused pid is never touched.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Set in each child's environment: `id:generation`. */
export const replicaMarker = 'PILOTLIGHT_REPLICA';

interface Entry {
  readonly marker: string;
  /** Null between the intent and the spawn. */
  readonly pid: number | null;
  /** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. */
  readonly startTicks: string | null;
}

/** An orphan that does not end by itself within this long after SIGKILL cannot be ended by us. */
const goneWithinMs = 5_000;

export class OrphanBook {
  readonly #file: string;
  readonly #entries = new Map<string, Entry>();

  /** Throws when the folder cannot be written: better at the start than at the first replica. */
  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true });
    this.#file = join(stateDir, 'replicas.json');
    this.#write();
  }

  /** Before the spawn. */
  intend(marker: string): void {
    this.#entries.set(marker, { marker, pid: null, startTicks: null });
    this.#write();
  }

  /** After the spawn. */
  record(marker: string, pid: number): void {
    this.#entries.set(marker, { marker, pid, startTicks: readStartTicks(pid) });
    this.#write();
  }

  forget(marker: string): void {
    if (this.#entries.delete(marker)) this.#write();
  }

  #write(): void {
    const next = `${this.#file}.next`;
    writeFileSync(next, JSON.stringify([...this.#entries.values()]));
    renameSync(next, this.#file);
  }
}

/** Ends what the last agent left; returns the markers that were still running. Call before a new book is opened. */
export async function killOrphans(stateDir: string): Promise<readonly string[]> {
  const killed: string[] = [];
  for (const entry of readEntries(join(stateDir, 'replicas.json'))) {
    if (entry.pid === null || !isSame(entry, entry.pid)) continue;
    killed.push(entry.marker);
    process.kill(entry.pid, 'SIGKILL');
    const untilMs = Date.now() + goneWithinMs;
    while (Date.now() < untilMs && isSame(entry, entry.pid)) await sleep(10);
  }
  return killed;
}

function readEntries(file: string): readonly Entry[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Entry[];
  } catch {
    return [];
  }
}

function isSame(entry: Entry, pid: number): boolean {
  if (readStartTicks(pid) !== entry.startTicks) return false;
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${replicaMarker}=${entry.marker}`);
  } catch {
    return false;
  }
}

/** Null when there is no such process, or it is dead and only waits to be reaped. */
function readStartTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
