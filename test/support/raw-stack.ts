// The product on the bare runtime: the agent, the bundled Worker without the development server around it, and the cron. What benchmarks
// measure: the development server costs as much again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnAgent, workerOf, writeAgentFiles, type BarePrograms } from './bare-programs.ts';
import { bundleWorker, findFreePort, startRawWorker, waitForHttp } from './raw-workerd.ts';
import { endChild, type StackOptions } from './stack.ts';

const agentToken = 'bench-agent-token';
const startMsMax = 20_000;

export interface RawStack {
  readonly url: string;
  readonly key: string;
  readonly adminToken: string;
  readonly stateDir: string;
  readonly workerPid: number;
  stop(): Promise<void>;
}

export interface RawStackOptions extends Pick<StackOptions, 'models'> {
  readonly vars?: Readonly<Record<string, string>>;
  /** Replicas that the agent runs at once; its own default where it is left out. */
  readonly agentReplicasMax?: number;
  readonly agentEnv?: Readonly<Record<string, string>>;
  /** A certificate that the Worker trusts beside the usual ones. */
  readonly trusted?: string;
  /** Port on which a profiler may attach. */
  readonly inspect?: number;
}

/** Variables are the Worker's own (src/config.ts). The cron is not run: whoever needs it calls the planner. */
export async function startRawStack(options: RawStackOptions): Promise<RawStack> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pilotlight-raw-'));
  const port = await findFreePort();
  const agentPort = await findFreePort();
  const programs: BarePrograms = {
    stateDir,
    modulePath: bundleWorker(join(stateDir, 'bundle')),
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
  };
  writeAgentFiles(programs);
  const agent = spawnAgent(programs, 'errors');
  const worker = startRawWorker(workerOf(programs), [], {
    quiet: true,
    ...(options.inspect === undefined ? {} : { flags: [`--inspector-addr=127.0.0.1:${options.inspect}`] }),
  });
  const stop = async (): Promise<void> => {
    await Promise.all([endChild(worker), endChild(agent)]);
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    await waitForHttp(`http://127.0.0.1:${agentPort}/healthz`, startMsMax);
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
    stop,
  };
}
