// Runs the real agent as a program for tests: a random port, a state directory of its own, fixture replicas as further models. Owns the
// process it started, and how to count replicas in the process table.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeAgentBackend } from '../../src/backends/agent.ts';
import type { Backend } from '../../src/backends/backend.ts';

const project = resolve(import.meta.dirname, '../..');
export const fixture = resolve(import.meta.dirname, 'agent-fixture-server.ts');
export const agentToken = 'agent-token-of-a-test';

export const behaviours = [
  'good',
  'hang',
  'exit-3',
  'stubborn',
  'plain',
  'no-wake',
  'busy',
  'sick',
  'nest',
] as const;

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One agent and its state directory, which survives restarts of the program. */
export class AgentProgram {
  readonly dir = mkdtempSync(join(tmpdir(), 'pilotlight-agent-'));
  url = '';
  output = '';
  #child: ChildProcess | null = null;
  #ended: Promise<ProgramEnd> = Promise.resolve({ code: 0, signal: null });

  readonly #env: Readonly<Record<string, string>>;

  readonly #program: string;

  /** `env` goes to each program that is started here; `from` is the copy of the project that is run. */
  constructor(
    versions: readonly object[] = furtherVersions(),
    env: Readonly<Record<string, string>> = {},
    from = project,
  ) {
    this.#env = env;
    this.#program = resolve(from, 'gpu-workers/agent/main.ts');
    this.serve(versions);
  }

  /** What the next program serves. */
  serve(versions: readonly object[]): void {
    writeFileSync(join(this.dir, 'models.json'), JSON.stringify({ versions }));
  }

  /** Starts the program; resolves with null once it says that it is ready, or with how it ended before. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<ProgramEnd | null> {
    const child = spawn(process.execPath, [this.#program], {
      env: { ...process.env, ...this.#variables(), ...this.#env, ...env },
    });
    this.#child = child;
    this.output = '';
    this.#ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
    const { promise: ready, resolve: becomeReady } = Promise.withResolvers<null>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        const url = /ready (http:\S+)/.exec(this.output)?.[1];
        if (url === undefined) return;
        this.url = url;
        becomeReady(null);
      });
    }
    return Promise.race([ready, this.#ended]);
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  async end(signal: NodeJS.Signals): Promise<ProgramEnd> {
    this.#child?.kill(signal);
    return this.#ended;
  }

  async closeStdin(): Promise<ProgramEnd> {
    this.#child?.stdin?.end();
    return this.#ended;
  }

  backend(token = agentToken): Backend {
    return makeAgentBackend({ url: this.url, token, fetch });
  }

  /** Ends the program and removes its directory. */
  async dispose(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }

  #variables(): Record<string, string> {
    return {
      AGENT_TOKEN: agentToken,
      AGENT_PORT: '0',
      // A test run that is killed takes its agents with it.
      PILOTLIGHT_PARENT_WATCH: '1',
      AGENT_REPLICAS_MAX: '6',
      PILOTLIGHT_STATE: this.dir,
      PILOTLIGHT_MODELS: join(this.dir, 'models.json'),
    };
  }
}

/** Pids of the processes that carry the mark of this replica: `id:generation`, or any whose mark begins so. */
export function findReplicaPids(markStart: string): readonly number[] {
  return readdirSync('/proc')
    .filter(
      (name) => /^[0-9]+$/.test(name) && readEnviron(name).includes(`\0PILOTLIGHT_REPLICA=${markStart}`),
    )
    .map(Number);
}

/** A process that waits to be reaped has an empty environment, so that it does not count. */
function readEnviron(pid: string): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
  } catch {
    return '';
  }
}

/** One version per behaviour of the fixture, and an emulated GPU. */
function furtherVersions(): readonly object[] {
  const pace = { loadMs: 50, wakeMs: 10, firstTokenMs: 1, tokenMs: 1, tokens: 4 };
  const paced = { id: 'paced@1', task: 'chat', launch: { kind: 'paced', pace } };
  const fixtures = behaviours.map((behaviour) => ({
    id: `${behaviour}@1`,
    task: 'chat',
    startTimeoutMs: 5_000,
    launch: { kind: 'command', command: [process.execPath, fixture], env: { FIXTURE: behaviour } },
  }));
  return [paced, ...fixtures];
}
