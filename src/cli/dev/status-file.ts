// dev.json in the state directory: which process is which right now, for tools that look at or break a running program.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
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

export function removeStatus(stateDir: string): void {
  rmSync(join(stateDir, fileName), { force: true });
}
