// How much processor time processes have used, from /proc.
import { readFileSync } from 'node:fs';

/** Clock ticks per second of /proc/PID/stat on Linux. */
const TICKS_PER_SECOND = 100;

/** Seconds of one process since its start; 0 when it is gone. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** Share of one core that a process uses between two looks. */
export class CpuMeter {
  readonly #pid: number;
  readonly #sinceMs = performance.now();
  readonly #before: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#before = cpuSeconds(pid);
  }

  share(): number {
    return ((cpuSeconds(this.#pid) - this.#before) * 1_000) / (performance.now() - this.#sinceMs);
  }
}
