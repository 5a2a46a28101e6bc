// Ends a child that leads a process group of its own, and the whole group with it.
import type { ChildProcess } from 'node:child_process';

/** The agent gives its replicas three seconds; the whole program has five. */
const termMs = 4_000;

/** Asks the child to end, then ends its whole group. Resolves when the child is reaped. */
export async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.kill('SIGTERM');
  const killer = setTimeout(() => killGroup(child), termMs);
  await promise;
  clearTimeout(killer);
}

/** Ends whatever of the group still runs, also when its leader is gone. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}
