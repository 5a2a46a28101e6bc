// Looks processes up in the system's process table (Linux /proc). Owns how one process is told from a later one with the same pid.
// On systems without /proc nothing is ever found: replicas end there by themselves, because their stdin closes.
import { readdirSync, readFileSync } from 'node:fs';

/** One life of one pid. The kernel starts no two processes with the same pid in the same clock tick of the same boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. */
  readonly startTicks: string;
}

/** Null when there is no such process, or when it is dead and only waits to be reaped. */
export function readIdentity(pid: number): ProcessIdentity | null {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The command's name in field 2 may hold spaces and brackets; the fields after it do not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startTicks = fields[19];
  if (state === 'Z' || state === 'X' || startTicks === undefined) return null;
  return { pid, startTicks };
}

export function isRunning({ pid, startTicks }: ProcessIdentity): boolean {
  return readIdentity(pid)?.startTicks === startTicks;
}

/** Every process that was started with one of these variables (`NAME=value`) in its environment. */
export function findByEnvironment(variables: ReadonlySet<string>): readonly ProcessIdentity[] {
  if (variables.size === 0) return [];
  const found: ProcessIdentity[] = [];
  for (const name of listProc()) {
    const environ = readText(`/proc/${name}/environ`);
    if (environ === null || !environ.split('\0').some((variable) => variables.has(variable))) continue;
    const identity = readIdentity(Number(name));
    if (identity !== null) found.push(identity);
  }
  return found;
}

/** Differs after every boot, where pids and ticks begin anew. Empty where the system has no such thing. */
export function readBootId(): string {
  return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function listProc(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  } catch {
    return [];
  }
}

/** Null when the process is gone or belongs to somebody else. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
