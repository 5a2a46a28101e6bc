// The product on the bare runtime: the agent, the bundled Worker without the development server around it, and the cron. What benchmarks
// measure: the development server costs as much again.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnAgent, workerOf, writeAgentFiles, type BarePrograms } from './bare-programs.ts';
import { bundleWorker, findFreePort, startRawWorker, waitForHttp } from './raw-workerd.ts';
import { endChild, type StackOptions } from './stack.ts';

const agentToken = 'bench-agent-token';
const startMsMax = 20_000;

/** The agent of a stack, for who takes it away and brings it back. */
export interface RawAgent {
  readonly url: string;
  readonly token: string;
  pid(): number;
  /** Kills it; resolves once it is gone. */
  kill(): Promise<void>;
  /** The next one, over what the last one has left, at the same address. */
  start(): Promise<void>;
}

export interface RawStack {
  readonly url: string;
  readonly key: string;
  readonly adminToken: string;
  readonly stateDir: string;
  readonly workerPid: number;
  readonly agent: RawAgent;
  stop(): Promise<void>;
}

export interface RawStackOptions extends Pick<StackOptions, 'models'> {
  readonly vars?: Readonly<Record<string, string>>;
  /** Replicas that the agent runs at once; its own default where it is left out. */
  readonly agentReplicasMax?: number;
  readonly agentEnv?: Readonly<Record<string, string>>;
  /** The copy of the project whose agent is run. */
  readonly agentFrom?: string;
  /** A certificate that the Worker trusts beside the usual ones. */
  readonly trusted?: string;
  /** Port on which a profiler may attach. */
  readonly inspect?: number;
  /** The copy of the project whose Worker is bundled. */
  readonly from?: string;
}

/** Variables are the Worker's own (src/config.ts). The cron is not run: whoever needs it calls the planner. */
export async function startRawStack(options: RawStackOptions): Promise<RawStack> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pilotlight-raw-'));
  const port = await findFreePort();
  const agentPort = await findFreePort();
  const programs: BarePrograms = {
    stateDir,
    modulePath: bundleWorker(join(stateDir, 'bundle'), options.from),
    models: options.models ?? { versions: [], aliases: {} },
    port,
    agentPort,
    agentToken,
    vars: options.vars ?? {},
    agentEnv: {
      ...(options.agentReplicasMax !== undefined && { AGENT_REPLICAS_MAX: String(options.agentReplicasMax) }),
      ...options.agentEnv,
    },
    trusted: options.trusted,
    agentFrom: options.agentFrom,
  };
  writeAgentFiles(programs);
  const agent = new Agent(programs);
  const worker = startRawWorker(workerOf(programs), [], {
    quiet: true,
    ...(options.inspect === undefined ? {} : { flags: [`--inspector-addr=127.0.0.1:${options.inspect}`] }),
  });
  const stop = async (): Promise<void> => {
    await Promise.all([endChild(worker), agent.end()]);
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    await agent.start();
    await waitForHttp(`http://127.0.0.1:${port}/healthz`, startMsMax);
  } catch (cause) {
    await stop();
    throw cause;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    key: 'sk-pilotlight-dev',
    adminToken: 'admin-pilotlight-dev',
    stateDir,
    workerPid: worker.pid ?? 0,
    agent,
    stop,
  };
}

class Agent implements RawAgent {
  readonly url: string;
  readonly token: string;
  readonly #programs: BarePrograms;
  #child: ChildProcess | null = null;

  constructor(programs: BarePrograms) {
    this.#programs = programs;
    this.url = `http://127.0.0.1:${programs.agentPort}`;
    this.token = programs.agentToken;
  }

  pid(): number {
    return this.#child?.pid ?? Number.NaN;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async start(): Promise<void> {
    this.#child = spawnAgent(this.#programs, 'errors');
    await waitForHttp(`${this.url}/healthz`, startMsMax);
  }

  async end(): Promise<void> {
    if (this.#child !== null) await endChild(this.#child);
  }
}
