// The pods of one workload: real model processes of this machine, as many as its controller wants, with what a scheduler, a kubelet and a
// ResourceQuota would say of them. Owns the processes.
import { spawn, type ChildProcess } from 'node:child_process';
import { request as ask } from 'node:http';
import type { Pod } from 'kubernetes-types/core/v1';
import { takeQuietPort } from '../modal/quiet-ports.ts';

export interface PodsOptions {
  readonly labels: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface TestPod {
  readonly name: string;
  readonly port: number;
  /** Null while no node has room for it. */
  child: ChildProcess | null;
  isReady: boolean;
  deletedAt: string | null;
}

const tickMs = 20;

export class TestPods {
  readonly #options: PodsOptions;
  #pods: TestPod[] = [];
  #serial = 0;
  #starting = 0;
  #turn = 0;
  readonly #timer: NodeJS.Timeout;
  /** What the controller above wants. */
  wanted = (): number => 0;
  /** Pods that the nodes have room for, and pods that the quota admits. */
  room = 1_000;
  quota = 1_000;
  /** Most that were there at once. */
  most = 0;

  constructor(options: PodsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#settle(), tickMs);
  }

  get count(): number {
    return this.#pods.length + this.#starting;
  }

  get ready(): number {
    return this.#pods.filter(({ isReady, deletedAt }) => isReady && deletedAt === null).length;
  }

  get names(): readonly string[] {
    return this.#pods.map(({ name }) => name);
  }

  get isOverQuota(): boolean {
    return this.wanted() > this.quota;
  }

  /** As the API shows them. */
  render(namespace: string): readonly Pod[] {
    return this.#pods.map(({ name, child, isReady, deletedAt }): Pod => {
      const ready = isReady && deletedAt === null ? 'True' : 'False';
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name,
          namespace,
          labels: { ...this.#options.labels },
          ...(deletedAt === null ? {} : { deletionTimestamp: deletedAt }),
        },
        status: {
          phase: child === null ? 'Pending' : 'Running',
          conditions:
            child === null
              ? [
                  {
                    type: 'PodScheduled',
                    status: 'False',
                    reason: 'Unschedulable',
                    message: '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.',
                  },
                ]
              : [
                  { type: 'PodScheduled', status: 'True' },
                  { type: 'Ready', status: ready },
                ],
        },
      };
    });
  }

  /** The port of one that may be asked, each in its turn; null while there is none. */
  nextPort(): number | null {
    const ready = this.#pods.filter(({ isReady, deletedAt }) => isReady && deletedAt === null);
    this.#turn += 1;
    return ready[this.#turn % ready.length]?.port ?? null;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const children = this.#pods.flatMap(({ child }) => child ?? []);
    const ended = children.map((child) => new Promise((done) => child.once('exit', done)));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  #settle(): void {
    const staying = this.#pods.filter(({ deletedAt }) => deletedAt === null);
    const missing = Math.min(this.wanted(), this.quota) - staying.length - this.#starting;
    for (let more = missing; more > 0; more -= 1) void this.#create();
    // Those that run last are the ones a ReplicaSet ends first, and those without a node before them.
    const surplus = [...staying]
      .toReversed()
      .toSorted((a, b) => Number(a.child !== null) - Number(b.child !== null));
    for (const pod of surplus.slice(0, Math.max(0, -missing))) this.#delete(pod);
    let running = this.#pods.filter(({ child }) => child !== null).length;
    for (const pod of this.#pods) {
      if (pod.child !== null || pod.deletedAt !== null || running >= this.room) continue;
      running += 1;
      this.#run(pod);
    }
  }

  async #create(): Promise<void> {
    this.#starting += 1;
    const port = await takeQuietPort();
    this.#starting -= 1;
    this.#serial += 1;
    const name = `pod-${this.#serial}`;
    this.#pods.push({ name, port, child: null, isReady: false, deletedAt: null });
    this.most = Math.max(this.most, this.count);
    this.#settle();
  }

  #run(pod: TestPod): void {
    const { command, env } = this.#options;
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      env: { PATH: process.env['PATH'], ...env, PORT: String(pod.port) },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin?.on('error', () => undefined);
    pod.child = child;
    child.once('exit', () => {
      this.#pods = this.#pods.filter((each) => each !== pod);
    });
    void this.#probe(pod, child);
  }

  async #probe(pod: TestPod, child: ChildProcess): Promise<void> {
    while (!pod.isReady && child.exitCode === null && child.signalCode === null) {
      pod.isReady = await isHealthy(pod.port);
      if (!pod.isReady) await new Promise((done) => setTimeout(done, tickMs));
    }
  }

  #delete(pod: TestPod): void {
    pod.deletedAt = new Date().toISOString();
    if (pod.child === null) this.#pods = this.#pods.filter((each) => each !== pod);
    else pod.child.kill('SIGTERM');
  }
}

function isHealthy(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const call = ask({ port, host: '127.0.0.1', path: '/health', agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    response.once('end', () => resolve(response.statusCode === 200 && text.includes('"ready"')));
  });
  call.once('error', () => resolve(false)).end();
  return promise;
}
