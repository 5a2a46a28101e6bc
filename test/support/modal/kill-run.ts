// One life of one sandbox replica with the agent killed on the way: a pool's commands are sent until each is answered, by whichever agent
// runs. Owns the kill, the restart and what must hold afterwards; which moment is drawn from the seed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend, BackendError, ReplicaReport, StartCommand } from '../../../src/backends/backend.ts';
import type { Result } from '../../../src/core/base/result.ts';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { AgentProgram } from '../agent-program.ts';
import type { ModalServer } from './modal-server.ts';
import type { WireFault } from './wire-faults.ts';

const rpcs = [
  'SandboxCreate',
  'SandboxGetTaskId',
  'SandboxGetTunnels',
  'SandboxTerminate',
  'SandboxWait',
  'SandboxListV2',
  'SecretGetOrCreate',
] as const;
const whens = ['before', 'after', 'long-before'] as const;
const steps = ['start', 'park', 'wake', 'stop'] as const;
type Step = (typeof steps)[number];
/** What each command is answered with once it is done. */
const ends: Readonly<Record<Step, readonly string[]>> = {
  start: ['ready'],
  park: ['parked'],
  wake: ['ready'],
  stop: ['gone', 'not-found'],
};

/** No step takes this long, however often the agent is killed. */
const stepMsMax = 30_000;
const pauseMs = 50;

export interface KillRun {
  readonly seed: number;
  readonly moment: string;
  readonly wasKilled: boolean;
  readonly faults: readonly string[];
}

export interface KillStage {
  readonly modal: ModalServer;
  readonly agent: AgentProgram;
  readonly version: string;
}

/** Runs one life; the agent runs before and after. */
export async function runKill(stage: KillStage, seed: number): Promise<KillRun> {
  const rng = makeRng(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(rng() * from.length)] as T;
  const { modal, agent, version } = stage;
  const pool = `${version}~here`;
  const command = { id: `kill-${process.pid}-${seed}`, generation: 1, pool, version, waitMs: 5_000 };
  const killer = new Killer(agent);
  // Half of the kills by what the agent has just asked of Modal, half at any moment of a step.
  const byCall = rng() < 0.5;
  const rpc = pick(rpcs);
  const when = pick(whens);
  const step = pick(steps);
  const afterMs = Math.floor(rng() * 150);
  const fault: WireFault = { rpc, how: 'meanwhile', when, times: 1, act: () => killer.kill() };
  if (byCall) modal.faults.add(fault);
  const faults: string[] = [];
  for (const each of steps) {
    if (!byCall && each === step) setTimeout(() => killer.kill(), afterMs);
    const fault = await carryOut(each, command, killer);
    if (fault !== null) faults.push(fault);
  }
  modal.faults.clear();
  await sleep(byCall ? 0 : afterMs);
  await killer.settled();
  const made = [...modal.sandboxes.all.values()].filter(
    ({ order }) => order.tags.get('pilotlight-replica') === command.id,
  );
  if (made.length !== 1) faults.push(`${made.length} sandboxes were made`);
  const gone = await within(stepMsMax, () => modal.sandboxes.running().length === 0);
  if (!gone) faults.push('a sandbox is left');
  const moment = byCall ? `${when} ${rpc}` : `${afterMs} ms into ${step}`;
  return { seed, moment, wasKilled: killer.kills > 0, faults };
}

/** Sends the command again until it is answered as a pool would take it; null when that went well. */
async function carryOut(step: Step, command: StartCommand, killer: Killer): Promise<string | null> {
  const untilMs = Date.now() + stepMsMax;
  let last = '';
  while (Date.now() < untilMs) {
    await killer.settled();
    const reply = await send(killer.backend(), step, command);
    last = reply.ok ? (reply.value?.condition ?? 'gone') : reply.error.kind;
    if (ends[step].includes(last)) return null;
    if (step !== 'start' && last === 'not-found') return `${step}: the replica was lost`;
    if (last === 'failed') return `${step}: the replica failed`;
    await sleep(pauseMs);
  }
  return `${step}: ${last} for ${stepMsMax} ms`;
}

type Reply = Result<ReplicaReport | null, BackendError>;

async function send(backend: Backend, step: Step, command: StartCommand): Promise<Reply> {
  switch (step) {
    case 'start':
      return backend.start(command);
    case 'park':
      return backend.park(command);
    case 'wake':
      return backend.wake(command);
    case 'stop':
      return backend.stop(command);
  }
}

/** Kills the agent once, and has the next one started at once. */
class Killer {
  readonly #agent: AgentProgram;
  #restart: Promise<unknown> = Promise.resolve();
  kills = 0;

  constructor(agent: AgentProgram) {
    this.#agent = agent;
  }

  kill(): void {
    if (this.kills > 0) return;
    this.kills += 1;
    this.#restart = this.#agent.end('SIGKILL').then(() => this.#agent.start());
  }

  backend(): Backend {
    return this.#agent.backend();
  }

  async settled(): Promise<void> {
    await this.#restart;
  }
}

async function within(ms: number, isSo: () => boolean): Promise<boolean> {
  const untilMs = Date.now() + ms;
  while (!isSo() && Date.now() < untilMs) await sleep(20);
  return isSo();
}
