// The product on the bare runtime: the agent, the bundled Worker without the development server around it, and the cron. What benchmarks
// measure: the development server costs as much again.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleWorker, findFreePort, pilotlightObjects, startRawWorker, waitForHttp } from './raw-workerd.ts';
import type { StackOptions } from './stack.ts';

const root = resolve(import.meta.dirname, '../..');
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
  /** Port on which a profiler may attach. */
  readonly inspect?: number;
}

/** Variables are the Worker's own (src/config.ts). The cron is not run: whoever needs it calls the planner. */
export async function startRawStack(options: RawStackOptions): Promise<RawStack> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pilotlight-raw-'));
  const port = await findFreePort();
  const agentPort = await findFreePort();
  const models = JSON.stringify(options.models ?? { versions: [], aliases: {} });
  const modelsFile = join(stateDir, 'models.json');
  writeFileSync(modelsFile, models);
  mkdirSync(join(stateDir, 'agent'), { recursive: true });
  const agent = spawn(process.execPath, [join(root, 'gpu-workers/agent/main.ts')], {
    cwd: root,
    env: {
      ...process.env,
      AGENT_PORT: String(agentPort),
      AGENT_TOKEN: agentToken,
      PILOTLIGHT_STATE: stateDir,
      PILOTLIGHT_MODELS: modelsFile,
      ...(options.agentReplicasMax === undefined
        ? {}
        : { AGENT_REPLICAS_MAX: String(options.agentReplicasMax) }),
    },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const worker = startRawWorker(
    {
      modulePath: bundleWorker(join(stateDir, 'bundle')),
      port,
      stateDir: join(stateDir, 'worker'),
      vars: {
        ENVIRONMENT: 'dev',
        AGENT_URL: `http://127.0.0.1:${agentPort}`,
        AGENT_TOKEN: agentToken,
        EXTRA_MODELS: models,
        ...options.vars,
      },
      objects: pilotlightObjects,
    },
    [],
    {
      quiet: true,
      ...(options.inspect === undefined ? {} : { flags: [`--inspector-addr=127.0.0.1:${options.inspect}`] }),
    },
  );
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

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const { promise, resolve: done } = Promise.withResolvers<void>();
  child.once('exit', () => done());
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await promise.finally(() => clearTimeout(killer));
}
