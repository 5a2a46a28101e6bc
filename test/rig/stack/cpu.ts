// How much processor time processes have used, from /proc, and how busy the whole machine was and how much of it was not to be had.
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

/** How all cores of the machine are used between two looks, whoever uses them. */
export class MachineMeter {
  readonly #before = machineTicks();
  readonly #stolenBefore = stolenTicks();

  share(): number {
    const after = machineTicks();
    const all = after.all - this.#before.all;
    return all === 0 ? 0 : 1 - (after.idle - this.#before.idle) / all;
  }

  /** Seconds that programs wanted and the host gave to other machines, all cores together: nobody on this one could run. 0 where nobody says. */
  stolenSeconds(): number {
    return (stolenTicks() - this.#stolenBefore) / TICKS_PER_SECOND;
  }
}

function stolenTicks(): number {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    return Number(line.split(/\s+/)[8] ?? 0);
  } catch {
    return 0;
  }
}

function machineTicks(): { readonly all: number; readonly idle: number } {
  const times = cpus().map((core) => core.times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { all, idle };
}
