// How much processor time processes have used, from /proc, and how busy the whole machine was.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

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

/** Share of all cores of the machine that is in use between two looks, whoever uses it. */
export class MachineMeter {
  readonly #before = machineTicks();

  share(): number {
    const after = machineTicks();
    const all = after.all - this.#before.all;
    return all === 0 ? 0 : 1 - (after.idle - this.#before.idle) / all;
  }
}

function machineTicks(): { readonly all: number; readonly idle: number } {
  const times = cpus().map((core) => core.times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { all, idle };
}
