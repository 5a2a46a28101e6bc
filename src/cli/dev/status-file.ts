// dev.json in the state directory: which process is which right now, for tools that look at or break a running program.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DevSettings } from './settings.ts';

const fileName = 'dev.json';

export interface DevStatus {
  readonly dev: number;
  /** Null while it is not running. */
  readonly agent: number | null;
  /** Leader of the process group that holds wrangler and its runtimes; null while it is not running. */
  readonly worker: number | null;
  readonly port: number;
  readonly agentPort: number;
}

export function writeStatus(settings: DevSettings, pids: Pick<DevStatus, 'agent' | 'worker'>): void {
  const { port, agentPort, stateDir } = settings;
  const status: DevStatus = { dev: process.pid, ...pids, port, agentPort };
  const file = join(stateDir, fileName);
  // Renamed into place, so that no reader ever sees half of it.
  writeFileSync(`${file}.new`, JSON.stringify(status));
  renameSync(`${file}.new`, file);
}

/** Of the program that runs over this directory; null when none does. */
export function readStatus(stateDir: string): DevStatus | null {
  const file = join(stateDir, fileName);
  if (!existsSync(file)) return null;
  const status = JSON.parse(readFileSync(file, 'utf8')) as DevStatus;
  return isAlive(status.dev) ? status : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export function removeStatus(stateDir: string): void {
  rmSync(join(stateDir, fileName), { force: true });
}
