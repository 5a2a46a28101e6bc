// One development program per state directory: two would fight over the same databases. The lock is a file with the holder's pid.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Taking over the lock of a dead program may race with another that does so too: the loser sees the winner's. */
const triesMax = 3;

export class StateLock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** Throws with one clear line when another program holds the directory. The lock of a program that is gone is taken over. */
  static take(stateDir: string): StateLock {
    const file = join(stateDir, 'dev.lock');
    for (let tries = 0; tries < triesMax; tries += 1) {
      if (create(file)) return new StateLock(file);
      const pid = readPid(file);
      if (pid !== null && pid !== process.pid && isDevProgram(pid)) {
        throw new Error(
          `another "npm run dev" (pid ${pid}) uses the state directory ${stateDir}: end it, or set PILOTLIGHT_STATE to another directory`,
        );
      }
      rmSync(file, { force: true });
    }
    throw new Error(
      `cannot lock the state directory ${stateDir}: is another "npm run dev" starting with it?`,
    );
  }

  release(): void {
    if (readPid(this.#file) === process.pid) rmSync(this.#file, { force: true });
  }
}

function create(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

function readPid(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/** A pid is used again after its process is gone: only one that runs this program counts. */
function isDevProgram(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dev.ts');
  } catch {
    // Where there is no /proc, a process that can be signalled is taken to be the other program.
    return !existsSync('/proc') && canSignal(pid);
  }
}

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
