// The product on the bare runtime, made to be killed: the agent and workerd as processes of their own over a state directory on disk, each
// started again as soon as it is gone. The development program does the same; here a life costs a third of a second.
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  spawnAgent,
  spawnWorker,
  writeProgramFiles,
  type BarePrograms,
} from '../../support/bare-programs.ts';
import { isAlive, type Place } from './place.ts';

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
  readonly #programs: BarePrograms;
  readonly #children = new Map<Part, ChildProcess>();
  readonly #onExit = (): void => this.#killAll();
  #isOpen = true;

  private constructor(options: ArenaOptions) {
    this.#programs = {
      ...options,
      stateDir: this.stateDir,
      agentToken,
      vars: { PROBES: '1', ...options.vars },
      // Programs that are started two thousand times are compiled once.
      agentEnv: { NODE_COMPILE_CACHE: join(dirname(options.modulePath), 'cache') },
    };
    this.url = `http://127.0.0.1:${options.port}`;
    this.agentUrl = `http://127.0.0.1:${options.agentPort}`;
  }

  static async open(options: ArenaOptions): Promise<Arena> {
    const arena = new Arena(options);
    writeProgramFiles(arena.#programs);
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

  #start(part: Part): void {
    const child = part === 'agent' ? spawnAgent(this.#programs) : spawnWorker(this.#programs);
    const startedMs = Date.now();
    this.#children.set(part, child);
    child.once('exit', () => {
      if (!this.#isOpen) return;
      const pauseMs = Date.now() - startedMs < againMs ? againMs : 0;
      setTimeout(() => this.#isOpen && this.#start(part), pauseMs);
    });
  }

  #killAll(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  }
}

function hasEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}
