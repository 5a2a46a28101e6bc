// One deployed model in each of the three shapes, and what the controllers of Kubernetes, Knative and KServe make of its figures: how many
// pods are wanted, and the status they write. Owns its objects, its pods and its address.
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { PodEndpoint } from './pod-endpoint.ts';
import { TestPods } from './test-pods.ts';

export type Shape = 'deployment' | 'knative' | 'kserve';

export interface WorkloadOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Who made it; it owns what it said. */
  readonly manager?: string;
  /** What its maker said of the number of pods; left out: nothing, so that the default is nobody's. */
  readonly replicas?: number;
  /** KServe's mode. */
  readonly mode?: string;
}

interface Placed extends WorkloadOptions {
  readonly shape: Shape;
  readonly name: string;
  readonly namespace: string;
}

const tickMs = 10;

export class TestWorkload {
  readonly #store: ObjectStore;
  readonly #options: Placed;
  readonly pods: TestPods;
  readonly endpoint: PodEndpoint;
  readonly selector: string;
  readonly deploymentPath: string;
  #revision = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(store: ObjectStore, options: Placed) {
    const { shape, name, namespace, command, env } = options;
    this.#store = store;
    this.#options = options;
    const label = {
      deployment: 'app',
      knative: 'serving.knative.dev/service',
      kserve: 'serving.kserve.io/inferenceservice',
    }[shape];
    this.selector = `${label}=${name}`;
    this.deploymentPath = `/apis/apps/v1/namespaces/${namespace}/deployments/${
      shape === 'deployment' ? name : `${name}-predictor`
    }`;
    this.pods = new TestPods({ labels: { [label]: name }, command, env });
    this.endpoint = new PodEndpoint(this.pods);
  }

  /** The object whose figures are set. */
  get path(): string {
    const { shape, name, namespace } = this.#options;
    switch (shape) {
      case 'deployment':
        return this.deploymentPath;
      case 'knative':
        return `/apis/serving.knative.dev/v1/namespaces/${namespace}/revisions/${name}-0000${this.#revision}`;
      case 'kserve':
        return `/apis/serving.kserve.io/v1beta1/namespaces/${namespace}/inferenceservices/${name}`;
    }
  }

  async open(): Promise<void> {
    await this.endpoint.open();
    const { shape, name, namespace, manager = 'kubectl', replicas } = this.#options;
    const said = replicas === undefined ? {} : { replicas };
    const deployment: Deployment & StoredObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels: { app: name } },
      spec: {
        replicas: replicas ?? 1,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } } },
      },
    };
    const { labels = {} } = deployment.metadata;
    this.#store.create(this.deploymentPath, deployment, manager, { metadata: { labels }, spec: said });
    if (shape === 'knative') this.redeploy();
    if (shape === 'kserve') {
      const { mode = 'Standard' } = this.#options;
      const inference = {
        apiVersion: 'serving.kserve.io/v1beta1',
        kind: 'InferenceService',
        metadata: { name, namespace, annotations: { 'serving.kserve.io/deploymentMode': mode } },
        spec: { predictor: { model: { modelFormat: { name: 'huggingface' } }, ...this.#replicasOfKserve() } },
        status: { url: this.endpoint.url },
      };
      this.#store.create(this.path, inference, manager);
    }
    this.pods.wanted = () => this.wanted();
    this.#timer = setInterval(() => this.#writeStatus(), tickMs);
  }

  /** Another revision of a Knative Service: it has its template's figures, which are none. */
  redeploy(): void {
    const { name, namespace } = this.#options;
    const service = `/apis/serving.knative.dev/v1/namespaces/${namespace}/services/${name}`;
    this.#revision += 1;
    const revision = {
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Revision',
      metadata: {
        name: `${name}-0000${this.#revision}`,
        namespace,
        labels: { 'serving.knative.dev/service': name },
      },
      spec: { containerConcurrency: 1 },
    };
    this.#store.create(this.path, revision, 'controller');
    const status = { url: this.endpoint.url, latestReadyRevisionName: revision.metadata.name };
    if (this.#store.get(service) === null)
      this.#store.create(
        service,
        {
          apiVersion: 'serving.knative.dev/v1',
          kind: 'Service',
          metadata: { name, namespace },
          spec: {},
          status,
        },
        'kubectl',
      );
    else this.#store.setStatus(service, status);
  }

  fits(selector: string | null): boolean {
    return selector === this.selector;
  }

  renderPods() {
    return this.pods.render(this.#options.namespace);
  }

  wanted(): number {
    const object = this.#store.get(this.path);
    if (object === null) return 0;
    const { annotations = {} } = object.metadata;
    switch (this.#options.shape) {
      case 'deployment':
        return Number(object.spec?.['replicas']);
      case 'knative':
        return Number(annotations['autoscaling.knative.dev/min-scale'] ?? 0);
      case 'kserve': {
        if (annotations['serving.kserve.io/stop'] === 'true') return 0;
        const predictor = (object.spec?.['predictor'] ?? {}) as { minReplicas?: number };
        return Math.max(1, predictor.minReplicas ?? 1);
      }
    }
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.endpoint.close();
    await this.pods.close();
  }

  #replicasOfKserve(): { minReplicas?: number } {
    const { replicas } = this.#options;
    return replicas === undefined ? {} : { minReplicas: replicas };
  }

  #writeStatus(): void {
    const { isOverQuota, quota, ready, count } = this.pods;
    const message = `pods "x" is forbidden: exceeded quota: gpus, requested: requests.nvidia.com/gpu=1, limited: requests.nvidia.com/gpu=${quota}`;
    const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message };
    const conditions = isOverQuota ? [failure] : [];
    this.#store.setStatus(this.deploymentPath, { replicas: count, readyReplicas: ready, conditions });
  }
}
