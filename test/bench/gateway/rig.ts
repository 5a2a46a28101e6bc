// The bench's machines: a fast upstream, the agent that serves it as a pool's replica, our Worker and a bare forwarder on the bare
// runtime, each pinned to its core. Owns their start, their end and what the operating system says of them.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  bundleWorker,
  findFreePort,
  pilotlightObjects,
  startRawWorker,
  waitForHttp,
} from '../../support/raw-workerd.ts';

const root = resolve(import.meta.dirname, '../../..');
/** The runtimes share one core and take turns; load, agent and upstream share the other. */
const workerCore = '1';
const loadCore = '0';
const agentToken = 'bench-agent-token';

export interface Target {
  readonly port: number;
  readonly model: string;
  /** Whose slot and place in the queue are taken as long as `takeAll` says. */
  readonly fullModel: string;
  readonly pid: number;
}

export interface Rig {
  readonly ours: Target;
  readonly bare: Target;
  /** CPU time of the target's process so far, in microseconds. */
  cpuMicros(target: Target): number;
  rssMib(target: Target): number;
  /** Takes the slot of the full model, and the one place in its queue; returns how to let go of them. */
  takeAll(): Promise<() => void>;
  /** Requests that the pool's object granted itself, out of all that were served. */
  countPoolCalls(): Promise<number>;
  stop(): Promise<void>;
}

export async function startRig(folder: string, chunks: number): Promise<Rig> {
  const children: ChildProcess[] = [];
  const [upstreamPort, agentPort, oursPort, barePort] = await freePorts();
  const upstream = join(import.meta.dirname, 'fast-upstream.ts');
  const env = { ...process.env, CHUNKS: String(chunks) };
  pinSelf();
  children.push(
    spawn(process.execPath, [upstream], { env: { ...env, PORT: String(upstreamPort) }, stdio: 'inherit' }),
  );
  const models = renderModels(upstream);
  writeFileSync(join(folder, 'models.json'), models);
  children.push(startAgent(folder, agentPort, env));
  const module = bundleWorker(join(folder, 'bundle'));
  const pin = ['taskset', '-c', workerCore];
  const vars = {
    ENVIRONMENT: 'dev',
    AGENT_URL: `http://127.0.0.1:${agentPort}`,
    AGENT_TOKEN: agentToken,
    EXTRA_MODELS: models,
  };
  const ours = startRawWorker(
    { modulePath: module, port: oursPort, stateDir: join(folder, 'ours'), vars, objects: pilotlightObjects },
    pin,
  );
  const bareVars = { UPSTREAM: `http://127.0.0.1:${upstreamPort}` };
  const bareModule = join(import.meta.dirname, 'bare-worker.js');
  const bare = startRawWorker(
    { modulePath: bareModule, port: barePort, stateDir: join(folder, 'bare'), vars: bareVars, objects: {} },
    pin,
  );
  children.push(ours, bare);
  await waitForHttp(`http://127.0.0.1:${upstreamPort}/`, 10_000);
  await waitForHttp(`http://127.0.0.1:${agentPort}/healthz`, 10_000);
  await waitForHttp(`http://127.0.0.1:${oursPort}/healthz`, 10_000);
  return {
    ours: { port: oursPort, model: 'fast', fullModel: 'full', pid: ours.pid ?? 0 },
    // It turns nobody away: what a refusal costs is compared with handing the request on.
    bare: { port: barePort, model: 'fast', fullModel: 'fast', pid: bare.pid ?? 0 },
    takeAll: () => takeAll(oursPort),
    cpuMicros,
    rssMib,
    countPoolCalls: () => countPoolCalls(oursPort),
    stop: () => stopAll(children),
  };
}

async function freePorts(): Promise<[number, number, number, number]> {
  return [await findFreePort(), await findFreePort(), await findFreePort(), await findFreePort()];
}

/** Two versions, both served by the fast upstream as a foreign command: one with slots to spare, one with a single slot that is held for long. */
function renderModels(upstream: string): string {
  const launch = {
    kind: 'command',
    command: [process.execPath, upstream],
    env: { CHUNKS: process.env['CHUNKS'] ?? '100' },
    readyPath: '/',
  };
  const slow = { ...launch, env: { CHUNKS: '600', CHUNK_MS: '1000' } };
  const version = {
    id: 'fast@1',
    task: 'chat',
    launch,
    slots: 64,
    replicasMax: 1,
    floor: 0,
    hotIdleMs: 600_000,
    parkedIdleMs: 0,
    startTimeoutMs: 30_000,
    queueMax: 256,
    hotMicrosPerSecond: 0,
    parkedMicrosPerSecond: 0,
  };
  const full = { ...version, id: 'full@1', launch: slow, slots: 1, queueMax: 1 };
  return JSON.stringify({ versions: [version, full], aliases: { fast: 'fast@1', full: 'full@1' } });
}

function startAgent(folder: string, port: number, env: NodeJS.ProcessEnv): ChildProcess {
  mkdirSync(join(folder, 'agent-state'), { recursive: true });
  const agentEnv = {
    ...env,
    AGENT_PORT: String(port),
    AGENT_TOKEN: agentToken,
    PILOTLIGHT_STATE: join(folder, 'agent-state'),
    PILOTLIGHT_MODELS: join(folder, 'models.json'),
  };
  return spawn(process.execPath, [join(root, 'gpu-workers/agent/main.ts')], {
    cwd: root,
    env: agentEnv,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
}

function pinSelf(): void {
  execFileSync('taskset', ['-a', '-p', '-c', loadCore, String(process.pid)], { stdio: 'ignore' });
}

/** Clock ticks per second of /proc/PID/stat on Linux. */
const ticksPerSecond = 100;

function cpuMicros(target: Target): number {
  const stat = readFileSync(`/proc/${target.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

function rssMib(target: Target): number {
  const status = readFileSync(`/proc/${target.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

async function countPoolCalls(port: number): Promise<number> {
  const headers = { authorization: 'Bearer admin-pilotlight-dev' };
  const reply = await fetch(`http://127.0.0.1:${port}/admin/v1/pools`, { headers });
  const { pools } = (await reply.json()) as { pools: { pool: string; granted: number }[] };
  return pools.find(({ pool }) => pool.startsWith('fast@1'))?.granted ?? Number.NaN;
}

async function takeAll(port: number): Promise<() => void> {
  const ender = new AbortController();
  const take = (): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-pilotlight-dev', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'full', stream: true, messages: [{ role: 'user', content: 'hold' }] }),
      signal: ender.signal,
    });
  // The second one's stream begins with keep-alives, so that its head says that it waits. Unread, either would be let go of in time.
  for (const response of [await take(), await take()]) response.text().catch(() => '');
  return () => ender.abort();
}

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(
      (child) =>
        new Promise<void>((done) => {
          if (child.exitCode !== null) return done();
          child.on('exit', () => done());
          child.kill('SIGTERM');
        }),
    ),
  );
}
