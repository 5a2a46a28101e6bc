// One life of one sandbox replica with the agent killed on the way: a pool's commands are sent until each is answered, by whichever agent
// runs. Owns the kill, the restart and what must hold afterwards; which moment is drawn from the seed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend, BackendError, ReplicaReport, StartCommand } from '../../../src/backends/backend.ts';
import type { Result } from '../../../src/core/base/result.ts';
import type { AgentProgram } from '../agent-program.ts';
import type { ModalServer } from './modal-server.ts';
import { madeMaxOf, momentOf, steps, type Moment, type Step } from './moments.ts';
import type { TestSandbox } from './test-sandboxes.ts';

/** What each command is answered with once it is done. */
const ends: Readonly<Record<Step, readonly string[]>> = {
  start: ['ready'],
  park: ['parked'],
  wake: ['ready'],
  stop: ['gone', 'not-found'],
};

/** No step takes this long, however often the agent is killed. */
const stepMsMax = 20_000;
const pauseMs = 50;
const sweepMsMax = 5_000;

export interface KillRun {
  readonly seed: number;
  readonly moment: string;
  readonly wasKilled: boolean;
  /** More sandboxes than its deaths explain, or two at a time. */
  readonly wasTwice: boolean;
  readonly faults: readonly string[];
}

export interface KillStage {
  readonly modal: ModalServer;
  readonly agent: AgentProgram;
  readonly version: string;
}

/** Runs one life; the agent runs before and after. */
export async function runKill(stage: KillStage, seed: number): Promise<KillRun> {
  const { modal, agent, version } = stage;
  const pool = `${version}~here`;
  const command = { id: `kill-${process.pid}-${seed}`, generation: 1, pool, version, waitMs: 5_000 };
  const killer = new Killer(agent);
  const moment = momentOf(seed);
  if (moment.kind === 'call') {
    const { rpc, meanwhile } = moment;
    modal.faults.add({ rpc, how: 'meanwhile', ...meanwhile, times: 1, act: () => killer.kill() });
  }
  const faults: string[] = [];
  for (const step of steps) {
    const kill =
      moment.kind === 'time' && moment.step === step ? sleep(moment.afterMs).then(() => killer.kill()) : null;
    // The sweep comes when it comes.
    if (step === 'stop' && moment.kind === 'call' && moment.rpc === 'SandboxListV2')
      await within(sweepMsMax, () => killer.kills > 0);
    const fault = await carryOut(step, command, killer);
    if (fault !== null) faults.push(fault);
    if (step === 'stop' && countRunning(modal, command.id) > 0)
      faults.push('it was said to be gone, and runs');
    await kill;
  }
  modal.faults.clear();
  await killer.settled();
  await modal.faults.settled();
  const { wasTwice, faults: found } = await judgeMade(modal, command.id, moment);
  faults.push(...found);
  return { seed, moment: moment.name, wasKilled: killer.kills > 0, wasTwice, faults };
}

/** What Modal saw of this life when it is over. */
async function judgeMade(
  modal: ModalServer,
  id: string,
  moment: Moment,
): Promise<Pick<KillRun, 'wasTwice' | 'faults'>> {
  const faults: string[] = [];
  const made = [...modal.sandboxes.all.values()].filter((each) => isOf(each, id));
  const overlapped = haveOverlapped(made);
  if (overlapped) faults.push('two sandboxes ran at the same time');
  const madeMax = madeMaxOf(moment);
  if (made.length < 1 || made.length > madeMax) faults.push(`${made.length} sandboxes were made`);
  const gone = await within(stepMsMax, () => modal.sandboxes.running().length === 0);
  if (!gone) faults.push('a sandbox is left');
  return { wasTwice: overlapped || made.length > madeMax, faults };
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
