// Deployed functions as Modal's test server knows them: real model processes of this machine that come and go with the autoscaler's figures
// and with the load. Owns the containers; the public URL is test-web-url.ts.
import { spawn, type ChildProcess } from 'node:child_process';
import { request as ask } from 'node:http';
import { takeQuietPort } from './quiet-ports.ts';

/** As on the wire: seconds. */
export interface ScalerFigures {
  readonly min_containers?: number;
  readonly max_containers?: number;
  readonly buffer_containers?: number;
  readonly scaledown_window?: number;
}

export interface Deployment {
  readonly app: string;
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Requests that one container serves at once. */
  readonly concurrency: number;
  /** What the code says, and what a redeploy goes back to. */
  readonly figures: ScalerFigures;
}

export interface Container {
  readonly port: number;
  readonly child: ChildProcess;
  isReady: boolean;
  busy: number;
  idleSinceMs: number;
}

const tickMs = 25;

export class TestFunction {
  readonly id: string;
  readonly deployment: Deployment;
  figures: ScalerFigures;
  url = '';
  /** What the server was told, in order. */
  readonly told: ScalerFigures[] = [];
  /** Most containers that were there at once. */
  containersSeen = 0;
  /** While this holds no container can be had. */
  isFull = false;
  #containers: Container[] = [];
  #starting = 0;
  readonly #waiting: ((container: Container | null) => void)[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(id: string, deployment: Deployment) {
    this.id = id;
    this.deployment = deployment;
    this.figures = deployment.figures;
    this.#timer = setInterval(() => this.#scale(), tickMs);
  }

  get containers(): readonly Container[] {
    return this.#containers;
  }

  get count(): number {
    return this.#containers.length + this.#starting;
  }

  get backlog(): number {
    return this.#waiting.length;
  }

  /** What is left out stays. */
  set(figures: ScalerFigures): ScalerFigures {
    this.figures = { ...this.figures, ...figures };
    this.told.push(figures);
    this.#scale();
    return this.figures;
  }

  redeploy(): void {
    this.figures = this.deployment.figures;
    this.#scale();
  }

  /** A container with room for one more request; waits for one to be there, or until nobody waits any more (null). */
  async enter(gone: Promise<void>): Promise<Container | null> {
    const { promise, resolve } = Promise.withResolvers<Container | null>();
    this.#waiting.push(resolve);
    this.#scale();
    void gone.then(() => {
      const at = this.#waiting.indexOf(resolve);
      if (at >= 0) this.#waiting.splice(at, 1);
      resolve(null);
    });
    return promise;
  }

  leave(container: Container): void {
    container.busy -= 1;
    container.idleSinceMs = Date.now();
    this.#scale();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const ended = this.#containers.map(({ child }) => new Promise((done) => child.once('exit', done)));
    for (const { child } of this.#containers) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  #scale(): void {
    this.#serveWaiting();
    const { min_containers: min = 0, max_containers: max = 1, buffer_containers: buffer = 0 } = this.figures;
    const load = this.#containers.reduce((sum, { busy }) => sum + busy, 0) + this.#waiting.length;
    const needed = Math.max(min, Math.ceil(load / this.deployment.concurrency));
    const target = Math.min(max, needed + (needed > 0 ? buffer : 0));
    for (let missing = this.isFull ? 0 : target - this.count; missing > 0; missing -= 1) void this.#start();
    const windowMs = (this.figures.scaledown_window ?? 60) * 1000;
    const idle = this.#containers.filter(
      ({ busy, idleSinceMs }) => busy === 0 && Date.now() - idleSinceMs >= windowMs,
    );
    for (const each of idle.slice(0, Math.max(0, this.count - target))) this.#end(each);
  }

  #serveWaiting(): void {
    for (const container of this.#containers.filter(({ isReady }) => isReady)) {
      while (container.busy < this.deployment.concurrency) {
        const enter = this.#waiting.shift();
        if (enter === undefined) return;
        container.busy += 1;
        enter(container);
      }
    }
  }

  async #start(): Promise<void> {
    this.#starting += 1;
    this.containersSeen = Math.max(this.containersSeen, this.count);
    const port = await takeQuietPort();
    const [program = '', ...args] = this.deployment.command;
    const child = spawn(program, args, {
      env: { PATH: process.env['PATH'], ...this.deployment.env, PORT: String(port) },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin?.on('error', () => undefined);
    this.#starting -= 1;
    const container: Container = { port, child, isReady: false, busy: 0, idleSinceMs: Date.now() };
    this.#containers.push(container);
    child.once('exit', () => {
      this.#containers = this.#containers.filter((each) => each !== container);
    });
    while (!container.isReady && child.exitCode === null && child.signalCode === null) {
      container.isReady = await isHealthy(port);
      if (!container.isReady) await new Promise((done) => setTimeout(done, tickMs));
    }
    container.idleSinceMs = Date.now();
    this.#scale();
  }

  #end(container: Container): void {
    this.#containers = this.#containers.filter((each) => each !== container);
    container.child.kill('SIGTERM');
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
