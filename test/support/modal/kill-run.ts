// One life of one sandbox replica with the agent killed on the way: a pool's commands are sent until each is answered, by whichever agent
// runs. Owns the kill, the restart and what must hold afterwards; which moment is drawn from the seed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend, BackendError, ReplicaReport, StartCommand } from '../../../src/backends/backend.ts';
import type { Result } from '../../../src/core/base/result.ts';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { AgentProgram } from '../agent-program.ts';
import type { ModalServer } from './modal-server.ts';
import type { TestSandbox } from './test-sandboxes.ts';
import type { WireFault } from './wire-faults.ts';

/** A creation thrice: what is on its way when the agent dies is the hardest to keep track of. */
const rpcs = [
  'SandboxCreate',
  'SandboxCreate',
  'SandboxCreate',
  'SandboxGetTaskId',
  'SandboxGetTunnels',
  'SandboxTerminate',
  'SandboxWait',
  'SandboxListV2',
  'SecretGetOrCreate',
] as const;
const whens = ['before', 'after'] as const;
/** Within that the next agent is there, and the life may have gone on or be over when a call of the last one is carried out. */
const laterMsMax = 1_600;
const steps = ['start', 'park', 'wake', 'stop'] as const;
type Step = (typeof steps)[number];
/** What each command is answered with once it is done. */
const ends: Readonly<Record<Step, readonly string[]>> = {
  start: ['ready'],
  park: ['parked'],
  wake: ['ready'],
  stop: ['gone', 'not-found'],
};

/** A step on an idle machine is over by then: some kills meet it, some come between it and the next. */
const killWithinMs = 60;
/** No step takes this long, however often the agent is killed. */
const stepMsMax = 20_000;
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
  // Most kills by what the agent has just asked of Modal, the others at any moment of a step.
  const byCall = rng() < 0.7;
  const rpc = pick(rpcs);
  const when = pick(whens);
  const step = pick(steps);
  const afterMs = Math.floor(rng() * killWithinMs);
  const laterMs = when === 'before' ? Math.floor(rng() * laterMsMax) : 0;
  const act = (): void => killer.kill();
  const fault: WireFault = { rpc, how: 'meanwhile', when, laterMs, times: 1, act };
  if (byCall) modal.faults.add(fault);
  const faults: string[] = [];
  for (const each of steps) {
    const isMoment = !byCall && each === step;
    const kill = isMoment ? sleep(afterMs).then(() => killer.kill()) : null;
    const fault = await carryOut(each, command, killer);
    if (fault !== null) faults.push(fault);
    if (each === 'stop' && countRunning(modal, command.id) > 0)
      faults.push('it was said to be gone, and runs');
    await kill;
  }
  modal.faults.clear();
  await killer.settled();
  await modal.faults.settled();
  const made = [...modal.sandboxes.all.values()].filter((each) => isOf(each, command.id));
  if (haveOverlapped(made)) faults.push('two sandboxes ran at the same time');
  // A creation that was on its way may be carried out when its life is over, and is ended then.
  if (made.length !== 1 && !(byCall && rpc === 'SandboxCreate'))
    faults.push(`${made.length} sandboxes were made`);
  const gone = await within(stepMsMax, () => modal.sandboxes.running().length === 0);
  if (!gone) faults.push('a sandbox is left');
  const moment = byCall ? `${when} ${rpc}, done ${laterMs} ms later` : `${afterMs} ms into ${step}`;
  return { seed, moment, wasKilled: killer.kills > 0, faults };
}

function countRunning(modal: ModalServer, id: string): number {
  return modal.sandboxes.running().filter((each) => isOf(each, id)).length;
}

function haveOverlapped(made: readonly TestSandbox[]): boolean {
  return made.some((each, at) =>
    made.slice(at + 1).some((later) => each.endedAt === null || each.endedAt > later.createdAt),
  );
}

function isOf({ order }: TestSandbox, id: string): boolean {
  return order.tags.get('pilotlight-replica') === id;
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
