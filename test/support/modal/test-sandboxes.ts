// Sandboxes as Modal's test server knows them: each is a real process of this machine behind a TLS tunnel. Owns ids, names, tags, the
// account's GPUs, and how a sandbox ends; knows nothing of the wire.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { takeQuietPort } from './quiet-ports.ts';
import type { Certificate } from './certificate.ts';
import { openTlsFront, type PassCommand, type TlsFront } from './tls-front.ts';
import { WireError } from './wire-faults.ts';

export interface SandboxOrder {
  readonly appId: string;
  readonly name: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
  readonly gpus: number;
  readonly gpuType: string;
}

export interface SandboxEnd {
  /** As on the wire: 1 ended well, 2 failed, 3 terminated. */
  readonly status: number;
  readonly exitcode: number;
}

export interface TestSandbox {
  readonly id: string;
  /** Seconds. */
  readonly createdAt: number;
  endedAt: number | null;
  readonly order: SandboxOrder;
  taskId: string | null;
  placing: Promise<void>;
  port: number;
  child: ChildProcess | null;
  front: TlsFront | null;
  end: SandboxEnd | null;
  readonly ended: PromiseWithResolvers<SandboxEnd>;
}

/** A process that does not end on SIGTERM. */
const killAfterMs = 3_000;
const idLetters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export class TestSandboxes {
  readonly #certificate: Certificate;
  readonly #pass: PassCommand;
  /** Every sandbox there ever was. */
  readonly all = new Map<string, TestSandbox>();
  /** GPUs that the account may have at once. */
  gpusMax = Infinity;
  /** Most that were in use at once. */
  gpusSeen = 0;
  /** Nothing is placed while this holds: sandboxes wait for a machine. */
  holdsPlacing = false;
  /** The list is behind: it shows none of what runs. */
  listIsBehind = false;

  constructor(certificate: Certificate, pass: PassCommand) {
    this.#certificate = certificate;
    this.#pass = pass;
  }

  running(): readonly TestSandbox[] {
    return [...this.all.values()].filter(({ end }) => end === null);
  }

  get(id: string): TestSandbox {
    const sandbox = this.all.get(id);
    if (sandbox === undefined) throw new WireError(status.NOT_FOUND, `Sandbox ${id} not found`);
    return sandbox;
  }

  create(order: SandboxOrder): TestSandbox {
    if (order.name !== '' && this.running().some((each) => each.order.name === order.name)) {
      throw new WireError(status.ALREADY_EXISTS, `Sandbox with name '${order.name}' already exists`);
    }
    const inUse = this.running().reduce((sum, each) => sum + each.order.gpus, 0) + order.gpus;
    if (inUse > this.gpusMax)
      throw new WireError(status.RESOURCE_EXHAUSTED, 'GPU limit of the workspace reached');
    this.gpusSeen = Math.max(this.gpusSeen, inUse);
    const sandbox: TestSandbox = {
      id: `sb-${Array.from(randomBytes(22), (byte) => idLetters[byte % idLetters.length]).join('')}`,
      createdAt: Date.now() / 1000,
      endedAt: null,
      order,
      taskId: null,
      placing: Promise.resolve(),
      port: 0,
      child: null,
      front: null,
      end: null,
      ended: Promise.withResolvers(),
    };
    this.all.set(sandbox.id, sandbox);
    void this.place(sandbox);
    return sandbox;
  }

  /** Finds a machine for it, if there is one by now: its process runs from here on. */
  place(sandbox: TestSandbox): Promise<void> {
    if (this.holdsPlacing || sandbox.taskId !== null || sandbox.end !== null) return sandbox.placing;
    sandbox.taskId = `ta-${sandbox.id.slice(3)}`;
    sandbox.placing = this.#run(sandbox);
    return sandbox.placing;
  }

  async #run(sandbox: TestSandbox): Promise<void> {
    sandbox.port = await takeQuietPort();
    sandbox.front = await openTlsFront(
      this.#certificate,
      () => (sandbox.end === null ? sandbox.port : null),
      this.#pass,
    );
    if (sandbox.end !== null) return sandbox.front.close();
    const [inside] = sandbox.order.ports;
    const [program = '', ...args] = sandbox.order.command.map((part) =>
      part === String(inside) ? String(sandbox.port) : part,
    );
    const child = spawn(program, args, {
      // Each sandbox has its ports for itself; here they share a machine.
      env: { PATH: process.env['PATH'], ...sandbox.order.env, PORT: String(sandbox.port) },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    sandbox.child = child;
    child.stdin?.on('error', () => undefined);
    child.once('error', () => this.#finish(sandbox, { status: 2, exitcode: 127 }));
    child.once('exit', (code) =>
      this.#finish(sandbox, { status: code === 0 ? 1 : 2, exitcode: code ?? 137 }),
    );
  }

  async terminate(sandbox: TestSandbox): Promise<void> {
    if (sandbox.end !== null) return;
    this.#finish(sandbox, { status: 3, exitcode: 0 });
    const { child } = sandbox;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    await once(child, 'exit');
    clearTimeout(killer);
  }

  list(appId: string, tags: ReadonlyMap<string, string>): readonly TestSandbox[] {
    if (this.listIsBehind) return [];
    return this.running().filter(
      ({ order }) =>
        order.appId === appId && [...tags].every(([name, value]) => order.tags.get(name) === value),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.running().map((sandbox) => this.terminate(sandbox)));
  }

  #finish(sandbox: TestSandbox, end: SandboxEnd): void {
    if (sandbox.end !== null) return;
    sandbox.end = end;
    sandbox.endedAt = Date.now() / 1000;
    sandbox.front?.close();
    sandbox.ended.resolve(end);
  }
}
