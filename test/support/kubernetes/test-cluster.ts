// A Kubernetes cluster as far as the agent deals with one: the API server's HTTP side, and what its controllers make of Deployments, Knative
// Services and InferenceServices. Written from the published API (types of `kubernetes-types`); never run beside a real cluster.
import { rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Scale } from 'kubernetes-types/autoscaling/v1';
import type { Status } from 'kubernetes-types/meta/v1';
import { mintCertificate } from '../modal/certificate.ts';
import { ApiFaults, type ApiAnswer } from './api-faults.ts';
import { fieldOf, ObjectStore, type Refusal, type Sent } from './object-store.ts';
import { TestWorkload, type Shape, type WorkloadOptions } from './test-workload.ts';

export const namespace = 'models';
const bodyBytesMax = 1_000_000;
/** Exactly what gpu-workers/kubernetes/ grants. */
const granted = [
  /^GET \/apis\/apps\/v1\/namespaces\/models\/deployments(?:\/[^/]+)?$/,
  /^(?:GET|PATCH) \/apis\/apps\/v1\/namespaces\/models\/deployments\/[^/]+\/scale$/,
  /^GET \/api\/v1\/namespaces\/models\/pods$/,
  /^GET \/apis\/serving\.knative\.dev\/v1\/namespaces\/models\/services\/[^/]+$/,
  /^(?:GET|PATCH) \/apis\/serving\.knative\.dev\/v1\/namespaces\/models\/revisions\/[^/]+$/,
  /^(?:GET|PATCH) \/apis\/serving\.kserve\.io\/v1beta1\/namespaces\/models\/inferenceservices\/[^/]+$/,
];

export interface Applied {
  readonly path: string;
  readonly manager: string;
  readonly force: boolean;
  readonly sent: Sent;
  readonly code: number;
}

export class TestCluster {
  readonly store = new ObjectStore();
  readonly faults = new ApiFaults();
  readonly workloads: TestWorkload[] = [];
  /** Those that are taken now. */
  readonly tokens = new Set(['token-of-the-first-hour']);
  /** Every apply, as it was asked for and answered. */
  readonly applied: Applied[] = [];
  /** Servers before 1.22 know no owners below a scale subresource. */
  tracksScale = true;
  readonly #certificate = mintCertificate();
  readonly #server: Server;
  url = '';

  constructor() {
    const { key, cert } = this.#certificate;
    this.#server = createServer({ key, cert }, (request, response) => {
      void this.#answer(request, response).catch(() => response.destroy());
    });
  }

  get tokenFile(): string {
    return `${this.#certificate.file}.token`;
  }

  /** What the agent needs to reach it. */
  get env(): Readonly<Record<string, string>> {
    return {
      KUBERNETES_API_URL: this.url,
      KUBERNETES_TOKEN_FILE: this.tokenFile,
      KUBERNETES_CA_FILE: this.#certificate.file,
      KUBERNETES_NAMESPACE: namespace,
    };
  }

  async open(): Promise<void> {
    writeFileSync(this.tokenFile, 'token-of-the-first-hour\n');
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    this.url = `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async deploy(shape: Shape, name: string, options: WorkloadOptions): Promise<TestWorkload> {
    const workload = new TestWorkload(this.store, { ...options, shape, name, namespace });
    await workload.open();
    this.workloads.push(workload);
    return workload;
  }

  /** The kubelet writes a new token long before the API server takes the old one no more. */
  rotateToken(): void {
    writeFileSync(this.tokenFile, 'token-of-the-second-hour\n');
    this.tokens.clear();
    this.tokens.add('token-of-the-second-hour');
  }

  async close(): Promise<void> {
    await Promise.all(this.workloads.map((workload) => workload.close()));
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.tokenFile, { force: true });
    this.#certificate.remove();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) {
      pieces.push(piece);
      if (pieces.reduce((sum, { length }) => sum + length, 0) > bodyBytesMax) return void request.destroy();
    }
    const url = new URL(request.url ?? '/', this.url);
    const call = `${request.method} ${url.pathname}`;
    const answer = await this.faults.pass(call, () =>
      this.#carryOut(request, url, Buffer.concat(pieces).toString('utf8')),
    );
    if (answer === null) return void response.destroy();
    response.writeHead(answer.code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  }

  #carryOut(request: IncomingMessage, url: URL, text: string): ApiAnswer {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!this.tokens.has(token))
      return refuse({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    const path = decodeURIComponent(url.pathname);
    const call = `${request.method} ${path}`;
    if (!granted.some((rule) => rule.test(call)))
      return refuse({
        code: 403,
        reason: 'Forbidden',
        message: `${path} is forbidden: User "system:serviceaccount:models:pilotlight-agent" cannot ${request.method}`,
      });
    if (request.method === 'PATCH') {
      if (request.headers['content-type'] !== 'application/apply-patch+yaml')
        return refuse({ code: 415, reason: 'UnsupportedMediaType', message: 'the type is not supported' });
      const sent = JSON.parse(text) as Sent;
      const manager = url.searchParams.get('fieldManager') ?? '';
      const force = url.searchParams.get('force') === 'true';
      const answer = this.#apply(path, { manager, force, sent });
      this.applied.push({ path, manager, force, sent, code: answer.code });
      return answer;
    }
    return this.#read(path, url.searchParams);
  }

  #apply(path: string, { manager, force, sent }: Pick<Applied, 'manager' | 'force' | 'sent'>): ApiAnswer {
    if (manager === '')
      return refuse({
        code: 400,
        reason: 'BadRequest',
        message:
          'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      });
    if (!path.endsWith('/scale')) {
      const refusal = this.store.apply(path, sent, { manager, force });
      return refusal === null ? this.#read(path, new URLSearchParams()) : refuse(refusal);
    }
    const parent = path.slice(0, -'/scale'.length);
    if (this.store.get(parent) === null) return refuseMissing(parent);
    const refusal = this.store.apply(parent, sent, {
      manager,
      force,
      scope: fieldOf('spec', 'replicas'),
      shownAs: 'autoscaling/v1',
      tracked: this.tracksScale,
    });
    return refusal === null ? this.#read(path, new URLSearchParams()) : refuse(refusal);
  }

  #read(path: string, query: URLSearchParams): ApiAnswer {
    const selector = query.get('labelSelector');
    if (path.endsWith('/pods')) {
      const items = this.workloads.filter((each) => each.fits(selector)).flatMap((each) => each.renderPods());
      return { code: 200, body: { apiVersion: 'v1', kind: 'PodList', metadata: {}, items } };
    }
    if (path.endsWith('/deployments')) {
      const items = this.workloads
        .filter((each) => each.fits(selector))
        .flatMap((each) => this.store.get(each.deploymentPath) ?? []);
      return { code: 200, body: { apiVersion: 'apps/v1', kind: 'DeploymentList', metadata: {}, items } };
    }
    if (path.endsWith('/scale')) return this.#readScale(path.slice(0, -'/scale'.length));
    const object = this.store.get(path);
    return object === null ? refuseMissing(path) : { code: 200, body: object };
  }

  #readScale(path: string): ApiAnswer {
    const object = this.store.get(path);
    const workload = this.workloads.find(({ deploymentPath }) => deploymentPath === path);
    if (object === null || workload === undefined) return refuseMissing(path);
    const { name = '', uid = '', resourceVersion = '' } = object.metadata;
    const replicas = Number(object.spec?.['replicas'] ?? 0);
    const scale: Scale = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name, namespace, uid, resourceVersion },
      spec: { replicas },
      status: { replicas: workload.pods.count, selector: workload.selector },
    };
    return { code: 200, body: scale };
  }
}

function refuse({ code, reason, message, causes }: Refusal): ApiAnswer {
  const details = causes === undefined ? {} : { details: { causes: [...causes] } };
  const body: Status = {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    code,
    reason,
    message,
    ...details,
  };
  return { code, body };
}

function refuseMissing(path: string): ApiAnswer {
  const message = `"${path.split('/').at(-1)}" not found`;
  return refuse({ code: 404, reason: 'NotFound', message });
}
