// The product on the bare runtime, made to be killed: the agent and workerd as processes of their own over a state directory on disk, each
// started again as soon as it is gone. The development program does the same; here a life costs a third of a second.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pilotlightObjects, renderConfig } from '../../support/raw-workerd.ts';
import { isAlive, type Place } from './place.ts';

const root = resolve(import.meta.dirname, '../../..');
const agentToken = 'chaos-agent-token';
const backMsMax = 30_000;
/** A program that ends at once is started again only this much later. */
const againMs = 50;
/** The agent promises to be gone within five. */
const AGENT_END_MS_MAX = 6_000;

export interface ArenaOptions {
  /** The bundled Worker. */
  readonly modulePath: string;
  readonly models: object;
  readonly port: number;
  readonly agentPort: number;
  readonly vars: Readonly<Record<string, string>>;
}

type Part = 'agent' | 'worker';

export class Arena implements Place {
  readonly url: string;
  readonly agentUrl: string;
  readonly agentToken = agentToken;
  readonly key = 'sk-pilotlight-dev';
  readonly adminToken = 'admin-pilotlight-dev';
  readonly stateDir = mkdtempSync(join(tmpdir(), 'pilotlight-chaos-'));
  readonly #options: ArenaOptions;
  readonly #children = new Map<Part, ChildProcess>();
  readonly #onExit = (): void => this.#killAll();
  #isOpen = true;

  private constructor(options: ArenaOptions) {
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
    this.agentUrl = `http://127.0.0.1:${options.agentPort}`;
  }

  static async open(options: ArenaOptions): Promise<Arena> {
    const arena = new Arena(options);
    arena.#prepare();
    process.on('exit', arena.#onExit);
    arena.#start('agent');
    arena.#start('worker');
    try {
      await arena.back();
    } catch (cause) {
      await arena.close();
      throw cause;
    }
    return arena;
  }

  pids(): { readonly agent: number; readonly worker: number } {
    const pidOf = (part: Part): number => this.#children.get(part)?.pid ?? Number.NaN;
    return { agent: pidOf('agent'), worker: pidOf('worker') };
  }

  /** Resolves when both programs answer; gives how long that took. */
  async back(): Promise<number> {
    const sinceMs = Date.now();
    while (!((await isAlive(this.url)) && (await isAlive(this.agentUrl)))) {
      if (Date.now() - sinceMs > backMsMax) throw new Error(`the stack in ${this.stateDir} does not answer`);
      await sleep(10);
    }
    return Date.now() - sinceMs;
  }

  /** Ends everything and takes its directory away. */
  async close(): Promise<void> {
    this.#isOpen = false;
    process.off('exit', this.#onExit);
    // The agent takes its replicas with it.
    this.#children.get('agent')?.kill('SIGTERM');
    const untilMs = Date.now() + AGENT_END_MS_MAX;
    while (!hasEnded(this.#children.get('agent')) && Date.now() < untilMs) await sleep(20);
    this.#killAll();
    rmSync(this.stateDir, { recursive: true, force: true, maxRetries: 5 });
  }

  #prepare(): void {
    const { modulePath, models, port, agentPort, vars } = this.#options;
    const workerDir = join(this.stateDir, 'worker');
    mkdirSync(join(workerDir, 'objects'), { recursive: true });
    mkdirSync(join(this.stateDir, 'agent'), { recursive: true });
    writeFileSync(join(this.stateDir, 'models.json'), JSON.stringify(models));
    // The configuration embeds files by paths relative to itself.
    copyFileSync(modulePath, join(workerDir, 'worker.js'));
    const config = renderConfig({
      modulePath,
      port,
      stateDir: workerDir,
      objects: pilotlightObjects,
      vars: {
        ENVIRONMENT: 'dev',
        AGENT_URL: `http://127.0.0.1:${agentPort}`,
        AGENT_TOKEN: agentToken,
        EXTRA_MODELS: JSON.stringify(models),
        PROBES: '1',
        ...vars,
      },
    });
    writeFileSync(join(workerDir, 'worker.capnp'), config);
  }

  #start(part: Part): void {
    const child = part === 'agent' ? this.#spawnAgent() : this.#spawnWorker();
    const startedMs = Date.now();
    this.#children.set(part, child);
    child.once('exit', () => {
      if (!this.#isOpen) return;
      const pauseMs = Date.now() - startedMs < againMs ? againMs : 0;
      setTimeout(() => this.#isOpen && this.#start(part), pauseMs);
    });
  }

  #spawnAgent(): ChildProcess {
    return this.#spawn(process.execPath, [join(root, 'gpu-workers/agent/main.ts')], {
      log: 'agent.log',
      env: {
        ...process.env,
        AGENT_PORT: String(this.#options.agentPort),
        AGENT_TOKEN: agentToken,
        PILOTLIGHT_STATE: this.stateDir,
        PILOTLIGHT_MODELS: join(this.stateDir, 'models.json'),
        PILOTLIGHT_PARENT_WATCH: '1',
        // Programs that are started two thousand times are compiled once.
        NODE_COMPILE_CACHE: join(dirname(this.#options.modulePath), 'cache'),
      },
    });
  }

  #spawnWorker(): ChildProcess {
    const workerd = join(root, 'node_modules/workerd/bin/workerd');
    const config = join(this.stateDir, 'worker/worker.capnp');
    return this.#spawn(workerd, ['serve', '--experimental', config], { log: 'worker.log', env: process.env });
  }

  /** The open input tells the agent that whoever started it is there. */
  #spawn(
    command: string,
    args: readonly string[],
    { log, env }: { readonly log: string; readonly env: NodeJS.ProcessEnv },
  ): ChildProcess {
    const file = openSync(join(this.stateDir, log), 'a');
    try {
      return spawn(command, args, { cwd: root, env, stdio: ['pipe', file, file] });
    } finally {
      closeSync(file);
    }
  }

  #killAll(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  }
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}
