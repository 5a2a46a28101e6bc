// A model server as a child process of a test: started on a free port, asked over HTTP, watched until it ends. Owns the process.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { must } from '../../src/core/base/assert.ts';
import { takeQuietPort } from '../support/modal/quiet-ports.ts';

export type ServerKind = 'llama' | 'embedder' | 'paced';
export type Variables = Readonly<Record<string, string>>;

export interface Health {
  readonly state: string;
  readonly slots: number;
  readonly busySlots: number;
  readonly timings: { readonly loadMs: number | null; readonly wakeMs: number | null };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last line on stderr. */
  readonly reason: string;
}

/** Bound of every wait for a process; on an idle machine each takes a fraction of a second. */
const waitMs = 20_000;
const pollMs = 3;

export class ReplicaProcess {
  readonly url: string;
  /** Resolves when the process has ended. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;

  private constructor(kind: ServerKind, port: number, variables: Variables) {
    this.url = `http://127.0.0.1:${port}`;
    const program = resolve(import.meta.dirname, `../../gpu-workers/servers/${kind}-server.ts`);
    const env = { ...process.env, PORT: String(port), PILOTLIGHT_PARENT_WATCH: '1', ...variables };
    this.#child = spawn(process.execPath, [program], { env, stdio: ['pipe', 'ignore', 'pipe'] });
    let words = '';
    must(this.#child.stderr, 'stderr')
      .setEncoding('utf8')
      .on('data', (text: string) => {
        words = (words + text).slice(-8_000);
      });
    this.ended = once(this.#child, 'close').then((how: readonly unknown[]) => {
      const [code, signal] = how as readonly [number | null, string | null];
      return { code, signal, reason: words.trim().split('\n').at(-1) ?? '' };
    });
  }

  static async start(kind: ServerKind, variables: Variables = {}): Promise<ReplicaProcess> {
    return new ReplicaProcess(kind, await takeQuietPort(), variables);
  }

  /** Waits until it is ready; returns the states that it went through. */
  async untilReady(): Promise<readonly string[]> {
    const states: string[] = [];
    await eventually('ready', async () => {
      const health = await this.health();
      if (health !== null && states.at(-1) !== health.state) states.push(health.state);
      return health?.state === 'ready';
    });
    return states;
  }

  /** Null while nobody listens. */
  async health(): Promise<Health | null> {
    try {
      const reply = await fetch(`${this.url}/health`);
      return (await reply.json()) as Health;
    } catch {
      return null;
    }
  }

  async post(path: string, body?: unknown, init: RequestInit = {}): Promise<Answer> {
    const reply = await this.open(path, body, init);
    return { status: reply.status, headers: reply.headers, text: await reply.text() };
  }

  /** The reply with its body unread. */
  open(path: string, body?: unknown, init: RequestInit = {}): Promise<Response> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const sent = text === undefined ? {} : { body: text, headers: { 'content-type': 'application/json' } };
    return fetch(this.url + path, { method: 'POST', ...sent, ...init });
  }

  /** Resident memory in bytes. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  closeStdin(): void {
    this.#child.stdin?.end();
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    this.#child.kill(signal);
    return this.ended;
  }
}

/** Asks again and again until the answer is yes. */
export async function eventually(what: string, ask: () => Promise<boolean>, boundMs = waitMs): Promise<void> {
  const endMs = performance.now() + boundMs;
  while (!(await ask())) {
    if (performance.now() > endMs) throw new Error(`not ${what} within ${boundMs} ms`);
    await new Promise((done) => setTimeout(done, pollMs));
  }
}

/** The data of each event. */
export function readEvents(text: string): readonly string[] {
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice('data: '.length));
}
