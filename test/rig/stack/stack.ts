// The product on the bare runtime as one scenario needs it: the bundled Worker, the real agent, real (paced) model servers, optionally with
// a fault proxy before each. Owns every process and takes them with it at its end.
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolsReply } from '../../../src/core/pool/pool-view.ts';
import {
  spawnAgent,
  spawnWorker,
  writeProgramFiles,
  type BarePrograms,
} from '../../support/bare-programs.ts';
import { findFreePort, waitForHttp } from '../../support/raw-workerd.ts';
import { endChild, eventually } from '../../support/stack.ts';
import { EndpointTap } from './endpoint-tap.ts';
import { Nemesis } from './nemesis.ts';
import { keyOf, MAIN_TENANT } from './project.ts';
import { Replicas } from './replicas.ts';
import { stepBack } from './step-back.ts';

const agentToken = 'rig-agent-token';
const START_MS_MAX = 20_000;
/** A machine of two cores starts sixteen Node processes in this time. */
const WARM_MS_MAX = 60_000;

export interface RigModels {
  readonly versions: readonly { readonly id: string; readonly floor: number }[];
  readonly aliases: Readonly<Record<string, string>>;
}

export interface StackOptions {
  readonly modulePath: string;
  readonly models: RigModels;
  readonly vars?: Readonly<Record<string, string>>;
  /** Puts a fault proxy before each model server. */
  readonly isProxied?: boolean;
  /** The agent, and each process that it starts, runs only while no other wants to. */
  readonly isAgentBehind?: boolean;
}

export interface RigStack {
  readonly port: number;
  readonly url: string;
  readonly key: string;
  readonly adminToken: string;
  readonly replicas: Replicas;
  readonly nemesis: Nemesis;
  /** Null without proxies. */
  readonly tap: EndpointTap | null;
  readonly workerLog: string;
  readonly workerPid: number;
  pools(): Promise<PoolsReply['pools']>;
  /** Resolves when every pool has as many hot replicas as its floor. */
  warm(ask: (version: string) => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

export async function startRigStack(options: StackOptions): Promise<RigStack> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pilotlight-rig-'));
  const [port, agentPort, tapPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const agentUrl = `http://127.0.0.1:${agentPort}`;
  const tap = options.isProxied === true ? new EndpointTap(agentUrl) : null;
  const children: ChildProcess[] = [];
  const nemesis = new Nemesis();
  // Model servers end with their agent; one that is stopped could not.
  const killAll = (): void => {
    nemesis.goAll();
    children.forEach((child) => child.kill('SIGKILL'));
    rmSync(stateDir, { recursive: true, force: true });
  };
  process.on('exit', killAll);
  const stop = async (): Promise<void> => {
    nemesis.goAll();
    await Promise.all(children.map(endChild));
    await tap?.close();
    process.off('exit', killAll);
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await tap?.listen(tapPort);
    const programs: BarePrograms = {
      stateDir,
      modulePath: options.modulePath,
      models: options.models,
      port,
      agentPort,
      agentToken,
      agentUrl: tap === null ? agentUrl : `http://127.0.0.1:${tapPort}`,
      vars: options.vars ?? {},
      agentEnv: {
        AGENT_REPLICAS_MAX: '64',
        // Programs that are started again and again are compiled once.
        NODE_COMPILE_CACHE: join(tmpdir(), 'pilotlight-rig-cache'),
      },
    };
    writeProgramFiles(programs);
    const agent = spawnAgent(programs);
    if (agent.pid !== undefined && options.isAgentBehind === true) stepBack(agent.pid);
    const worker = spawnWorker(programs);
    children.push(agent, worker);
    await waitForHttp(`${agentUrl}/healthz`, START_MS_MAX);
    await waitForHttp(`http://127.0.0.1:${port}/healthz`, START_MS_MAX);
    const url = `http://127.0.0.1:${port}`;
    const adminToken = 'admin-pilotlight-dev';
    const pools = async (): Promise<PoolsReply['pools']> => {
      const headers = { authorization: `Bearer ${adminToken}` };
      return ((await (await fetch(`${url}/admin/v1/pools`, { headers })).json()) as PoolsReply).pools;
    };
    return {
      port,
      url,
      key: keyOf(MAIN_TENANT),
      adminToken,
      replicas: new Replicas(agentUrl, agentToken),
      nemesis,
      tap,
      workerLog: join(stateDir, 'worker.log'),
      workerPid: worker.pid ?? 0,
      pools,
      warm: (ask) => warm(options.models, pools, ask),
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function warm(
  { versions }: RigModels,
  pools: RigStack['pools'],
  ask: (version: string) => Promise<unknown>,
): Promise<void> {
  for (const { id, floor } of versions) if (floor > 0) await ask(id);
  await eventually('every pool at its floor', WARM_MS_MAX, async () => {
    const views = await pools();
    return versions.every(({ id, floor }) => {
      if (floor === 0) return true;
      const view = views.find(({ version }) => version === id);
      return view !== undefined && view.replicas.filter(({ phase }) => phase === 'hot').length >= floor;
    });
  });
}
