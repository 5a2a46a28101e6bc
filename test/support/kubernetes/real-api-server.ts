// A real Kubernetes API server over a real etcd, for tests on machines that have both programs. Owns the two processes and their folder. No
// controller and no kubelet runs: objects are kept, owned and guarded as in a cluster, and nothing becomes of them.
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintCertificate } from '../modal/certificate.ts';
import { takeQuietPort } from '../modal/quiet-ports.ts';

export interface ApiServerPrograms {
  readonly apiServer: string;
  readonly etcd: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const adminToken = 'token-of-the-administrator';
const startWithinMs = 90_000;

/** The two programs, where the environment names them. */
export function findPrograms(env: NodeJS.ProcessEnv): ApiServerPrograms | null {
  const { KUBE_APISERVER: apiServer = '', ETCD: etcd = '' } = env;
  return apiServer === '' || etcd === '' ? null : { apiServer, etcd };
}

export class RealApiServer {
  readonly #programs: ApiServerPrograms;
  readonly #certificate = mintCertificate();
  readonly #dir = mkdtempSync(join(tmpdir(), 'pilotlight-kubernetes-'));
  readonly #children: ChildProcess[] = [];
  #words = '';
  url = '';

  constructor(programs: ApiServerPrograms) {
    this.#programs = programs;
  }

  get caFile(): string {
    return this.#certificate.file;
  }

  async open(): Promise<void> {
    const [port, store, peer] = [await takeQuietPort(), await takeQuietPort(), await takeQuietPort()];
    const storeUrl = `http://127.0.0.1:${store}`;
    this.#run(this.#programs.etcd, [
      `--data-dir=${join(this.#dir, 'etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${storeUrl}`,
      `--advertise-client-urls=${storeUrl}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
    ]);
    const key = join(this.#dir, 'tls.key');
    writeFileSync(key, this.#certificate.key);
    const accountKey = join(this.#dir, 'accounts.key');
    execFileSync('openssl', ['genrsa', '-out', accountKey, '2048'], { stdio: 'ignore' });
    const tokens = join(this.#dir, 'tokens.csv');
    writeFileSync(tokens, `${adminToken},admin,1,"system:masters"\n`);
    this.#run(this.#programs.apiServer, [
      `--etcd-servers=${storeUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--tls-cert-file=${this.#certificate.file}`,
      `--tls-private-key-file=${key}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${tokens}`,
      `--service-account-key-file=${accountKey}`,
      `--service-account-signing-key-file=${accountKey}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.0.0.0/24',
      // It needs a controller that is not here.
      '--disable-admission-plugins=ServiceAccount',
    ]);
    this.url = `https://127.0.0.1:${port}`;
    await this.#becomeReady();
  }

  async close(): Promise<void> {
    const ended = this.#children.map((child) => new Promise((done) => child.once('exit', done)));
    for (const child of this.#children.toReversed()) child.kill('SIGKILL');
    await Promise.all(ended);
    this.#certificate.remove();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** As the administrator. A string is sent as YAML. */
  ask(method: string, path: string, body: object | string | null = null, type?: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const contentType = type ?? (typeof body === 'string' ? 'application/yaml' : 'application/json');
    const headers = {
      authorization: `Bearer ${adminToken}`,
      accept: 'application/json',
      ...(body === null ? {} : { 'content-type': contentType }),
    };
    const ca = this.#certificate.cert;
    const call = request(`${this.url}${path}`, { method, headers, ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: parse(text) }));
    });
    call.once('error', (cause) =>
      reject(new Error(`${method} ${path}: ${cause.message}\n${this.#words.slice(-3_000)}`)),
    );
    call.end(typeof body === 'string' ? body : body === null ? undefined : JSON.stringify(body));
    return promise;
  }

  async #becomeReady(): Promise<void> {
    const untilMs = Date.now() + startWithinMs;
    for (;;) {
      const ready = await this.ask('GET', '/readyz').catch(() => null);
      if (ready?.status === 200) return;
      if (Date.now() > untilMs || this.#children.some(({ exitCode }) => exitCode !== null))
        throw new Error(`the API server is not ready:\n${this.#words.slice(-2_000)}`);
      await sleep(200);
    }
  }

  #run(program: string, args: readonly string[]): void {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#words = (this.#words + text).slice(-20_000);
      });
    child.once('error', (cause) => (this.#words += cause.message));
    this.#children.push(child);
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
}
