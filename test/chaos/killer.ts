// Kills one part of a running stack with SIGKILL: a model process, the agent, or the runtime that the Worker lives in.
import { readdirSync, readFileSync } from 'node:fs';
import { listModelProcesses, type Stack } from '../support/stack.ts';

/** What can be killed: its processes are known by the state directory and by two pids. */
export type Killable = Pick<Stack, 'stateDir' | 'pids'>;

export type Victim = 'replica' | 'agent' | 'worker';

/** Returns how many processes were killed. */
export function kill(stack: Killable, victim: Victim, draw: () => number): number {
  const pids = findVictims(stack, victim, draw);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself a moment ago.
    }
  }
  return pids.length;
}

function findVictims(stack: Killable, victim: Victim, draw: () => number): readonly number[] {
  switch (victim) {
    case 'replica': {
      const running = listModelProcesses(stack);
      const chosen = running[Math.floor(draw() * running.length)];
      return chosen === undefined ? [] : [chosen.pid];
    }
    case 'agent':
      return [stack.pids().agent].filter((pid) => pid > 0);
    case 'worker':
      // The runtime and the tool around it at once, as when the machine takes the whole program.
      return descendants(stack.pids().worker);
  }
}

function descendants(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = readParent(name);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    found.push(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return found;
}

function readParent(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return -1;
  }
}
