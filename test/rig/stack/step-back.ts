// How the processes of the machines that the rig stands for share its two cores. A model server that starts costs a third of a second of a
// core; on a machine of its own it would take nothing from gateway and load. Behind all others it runs when nobody else wants to: a low
// priority alone (nice) still lets it finish its turn before whoever wakes up meanwhile.
import { execFileSync } from 'node:child_process';

/** The process, and each that it starts from now on, runs only while no other wants to. */
export function stepBack(pid: number): void {
  setPolicy(pid, '--idle');
}

/** The process is like all others again. */
export function stepUp(pid: number): void {
  setPolicy(pid, '--other');
}

/** A process that has ended meanwhile, or a system without `chrt`, is left as it is: latencies are then a little longer, and none shorter. */
function setPolicy(pid: number, policy: '--idle' | '--other'): void {
  try {
    execFileSync('chrt', ['--all-tasks', policy, '--pid', '0', String(pid)], { stdio: 'ignore' });
  } catch {
    // Told by the figures.
  }
}
