// The real development program for end-to-end tests: on free ports, over a state directory of its own, ended with all it started.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DevStatus } from '../../src/cli/dev/status-file.ts';
import type { PoolsReply, PoolView } from '../../src/core/pool/pool-view.ts';
import type { Catalogue } from '../../src/core/registry/model.ts';
import { findFreePort } from './raw-workerd.ts';

const root = resolve(import.meta.dirname, '../..');

export interface StackOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Models besides the built-in ones. */
  readonly models?: { readonly versions: readonly object[]; readonly aliases: Catalogue['aliases'] };
  /** Another copy of the project. */
  readonly root?: string;
  /** A state directory that is kept after `stop`. */
  readonly stateDir?: string;
}

export interface Stack {
  readonly url: string;
  readonly port: number;
  readonly agentUrl: string;
  readonly stateDir: string;
  readonly key: string;
  readonly acmeKey: string;
  readonly adminToken: string;
  readonly pid: number;
  output(): string;
  /** NaN while the one is not running: no signal can be sent to that. */
  pids(): { readonly agent: number; readonly worker: number };
  /** Ends the program; returns how long that took. */
  stop(): Promise<number>;
}

const startMsMax = 90_000;
/** Twice what the program has promised. */
const endMsMax = 10_000;

/** Starts the program and waits for its `ready` line. Throws with its output when that does not come. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), 'pilotlight-e2e-'));
  const port = await findFreePort();
  const agentPort = await findFreePort();
  const modelsFile = join(stateDir, 'models.json');
  mkdirSync(stateDir, { recursive: true });
  if (options.models !== undefined) writeFileSync(modelsFile, JSON.stringify(options.models));
  const env = {
    ...process.env,
    PORT: String(port),
    AGENT_PORT: String(agentPort),
    PILOTLIGHT_STATE: stateDir,
    ...(options.models === undefined ? {} : { PILOTLIGHT_MODELS: modelsFile }),
    ...options.env,
  };
  const { child, output } = runDev(env, options.root === undefined ? {} : { from: options.root });
  try {
    await waitForReady(child, output);
  } catch (cause) {
    await endChild(child);
    throw cause;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    agentUrl: `http://127.0.0.1:${agentPort}`,
    stateDir,
    key: 'sk-pilotlight-dev',
    acmeKey: 'sk-pilotlight-acme',
    adminToken: 'admin-pilotlight-dev',
    pid: child.pid ?? 0,
    output,
    pids: () => readPids(stateDir),
    async stop() {
      const startedMs = Date.now();
      await endChild(child);
      const tookMs = Date.now() - startedMs;
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true });
      return tookMs;
    },
  };
}

function readPids(stateDir: string): { readonly agent: number; readonly worker: number } {
  const { agent, worker } = JSON.parse(readFileSync(join(stateDir, 'dev.json'), 'utf8')) as DevStatus;
  return { agent: agent ?? Number.NaN, worker: worker ?? Number.NaN };
}

export interface RunningDev {
  readonly child: ChildProcess;
  readonly output: () => string;
}

export interface DevCommand {
  /** The copy of the project that is run. */
  readonly from?: string;
  readonly args?: readonly string[];
}

/** The development program itself, for tests of its start and its end. */
export function runDev(env: NodeJS.ProcessEnv, { from = root, args = [] }: DevCommand = {}): RunningDev {
  let text = '';
  const child = spawn(process.execPath, [join(from, 'src/cli/dev.ts'), ...args], {
    cwd: from,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  return { child, output: () => text };
}

/** Ends the program as a terminal would; one that does not end is killed, so that no test run hangs on it. */
export async function endChild(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const { promise, resolve: done } = Promise.withResolvers<number | null>();
  child.once('exit', (code) => done(code));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), endMsMax);
  return promise.finally(() => clearTimeout(killer));
}

async function waitForReady(child: ChildProcess, output: () => string): Promise<void> {
  const untilMs = Date.now() + startMsMax;
  while (!/^ready http/m.test(output())) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}:\n${output()}`);
    if (Date.now() > untilMs) throw new Error(`the program was not ready in time:\n${output()}`);
    await sleep(50);
  }
}

/** Bound of what comes in a moment on an idle machine: only a hang reaches it. */
export const patienceMs = 40_000;

/** Asks again until `probe` gives something, at most `withinMs`. Throws with `what` when it never does. */
export async function eventually<T>(
  what: string,
  withinMs: number,
  probe: () => Promise<T | null | false>,
): Promise<T> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== false) return found;
    if (Date.now() > untilMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(25);
  }
}

export async function readPool(stack: Pick<Stack, 'url' | 'adminToken'>, version: string): Promise<PoolView> {
  const headers = { authorization: `Bearer ${stack.adminToken}` };
  const reply = (await (await fetch(`${stack.url}/admin/v1/pools`, { headers })).json()) as PoolsReply;
  const view = reply.pools.find((pool) => pool.version === version);
  if (view === undefined) throw new Error(`no pool of ${version}: ${JSON.stringify(reply)}`);
  return view;
}

export interface ModelProcess {
  readonly pid: number;
  /** `id:generation` */
  readonly replica: string;
}

/** Model processes of this stack in the process table: found by the marker that the agent gives its children, and by its port. */
export function listModelProcesses(stack: Pick<Stack, 'stateDir'>): readonly ModelProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const environ = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      const replica = environ.find((each) => each.startsWith('PILOTLIGHT_REPLICA='));
      const ours = environ.includes(`PILOTLIGHT_STATE=${stack.stateDir}`);
      if (replica === undefined || !ours || isZombie(name)) return [];
      return [{ pid: Number(name), replica: replica.slice('PILOTLIGHT_REPLICA='.length) }];
    } catch {
      return [];
    }
  });
}

function isZombie(pid: string): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

export interface ChatReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One chat request over plain fetch; the text is the whole body. */
export async function chat(
  stack: Pick<Stack, 'url' | 'key'>,
  body: object,
  key = stack.key,
): Promise<ChatReply> {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export const askFrance = {
  model: 'assistant',
  temperature: 0,
  messages: [{ role: 'user', content: 'What is the capital of France?' }],
} as const;
