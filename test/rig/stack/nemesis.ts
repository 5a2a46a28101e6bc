// Signals to the processes of one stack, by their ids alone. What was stopped goes on at the end, whatever happened between.

export class Nemesis {
  readonly #stopped = new Set<number>();
  kills = 0;
  stops = 0;

  kill(pid: number): void {
    if (signal(pid, 'SIGKILL')) this.kills += 1;
    this.#stopped.delete(pid);
  }

  stop(pid: number): void {
    if (!signal(pid, 'SIGSTOP')) return;
    this.stops += 1;
    this.#stopped.add(pid);
  }

  go(pid: number): void {
    signal(pid, 'SIGCONT');
    this.#stopped.delete(pid);
  }

  goAll(): void {
    for (const pid of this.#stopped) this.go(pid);
  }
}

/** False when there is no such process any more. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  if (pid <= 1) return false;
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
