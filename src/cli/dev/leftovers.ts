// Ends what must not be left behind: everything that was started for one state directory, known by a mark in its environment. Needed
// when a program is killed without a chance to end its children, and for children that left their process group.
import { setTimeout as sleep } from 'node:timers/promises';
import { findByEnvironment, isRunning } from '../../../gpu-workers/agent/process-table.ts';

const markName = 'PILOTLIGHT_DEV_STATE';
/** A killed process is gone at once, unless the kernel is busy for it. */
const goneMsMax = 1_000;

/** The environment variable that marks processes of this state directory; children inherit it. */
export function markOf(stateDir: string): Readonly<Record<string, string>> {
  return { [markName]: stateDir };
}

export async function endLeftovers(stateDir: string): Promise<void> {
  const found = findByEnvironment(new Set([`${markName}=${stateDir}`]));
  const others = found.filter(({ pid }) => pid !== process.pid);
  for (const { pid } of others) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  const untilMs = Date.now() + goneMsMax;
  while (others.some(isRunning) && Date.now() < untilMs) await sleep(10);
}
