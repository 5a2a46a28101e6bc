// What the agent promises on Kubernetes beyond the contract of every backend, one check each. Run against the agent as it is, and against
// copies of it with planted bugs, which one of them must catch.
import { expect, vi } from 'vitest';
import type { Backend, BackendError, StartCommand } from '../../../src/backends/backend.ts';
import { classOf } from '../../../src/core/pool/failure-class.ts';
import type { AgentProgram } from '../agent-program.ts';
import { makeClusterAgent, serving, type ClusterVersion } from './cluster-agent.ts';
import { TestCluster } from './test-cluster.ts';
import type { Shape, TestWorkload, WorkloadOptions } from './test-workload.ts';

const waitMs = 10_000;
const patience = { timeout: waitMs, interval: 10 };

/** One cluster with one model, and the agent, maybe that of a copy of the project. */
export class Stage {
  readonly cluster = new TestCluster();
  readonly #from: string | undefined;
  /** Whether the agent runs: a copy that cannot start proves nothing. */
  isOpen = false;
  #agent: AgentProgram | null = null;
  #serial = 0;

  constructor(from?: string) {
    this.#from = from;
  }

  async open(
    shape: Shape,
    {
      of = {},
      version = {},
      env = {},
    }: {
      readonly of?: Partial<WorkloadOptions>;
      readonly version?: Partial<ClusterVersion>;
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<TestWorkload> {
    await this.cluster.open();
    const workload = await this.cluster.deploy(shape, 'chat', { ...serving, ...of });
    const endpoint = shape === 'deployment' ? { endpoint: workload.endpoint.url } : {};
    const versions = [{ id: 'chat@1', shape, name: 'chat', ...endpoint, ...version }];
    const from = this.#from === undefined ? {} : { from: this.#from };
    this.#agent = makeClusterAgent(this.cluster, versions, { env, ...from });
    await this.#agent.start();
    this.isOpen = this.#agent.url !== '';
    return workload;
  }

  get backend(): Backend {
    if (this.#agent === null) throw new Error('not open');
    return this.#agent.backend();
  }

  order(wait = waitMs): StartCommand {
    this.#serial += 1;
    return { id: `r-${this.#serial}`, generation: 1, pool: 'chat@1~here', version: 'chat@1', waitMs: wait };
  }

  async ready(): Promise<StartCommand> {
    const command = this.order();
    expect(await this.backend.start(command)).toMatchObject({ ok: true, value: { condition: 'ready' } });
    return command;
  }

  async refused(wait = waitMs): Promise<BackendError> {
    const reply = await this.backend.start(this.order(wait));
    expect(reply).toMatchObject({ ok: false });
    return reply.ok ? { kind: 'bad-reply', message: '' } : reply.error;
  }

  async close(): Promise<void> {
    this.cluster.faults.clear();
    await this.#agent?.dispose();
    await this.cluster.close();
  }
}

export type Check = (stage: Stage) => Promise<void>;

const hourly = { KUBERNETES_SWEEP_MS: '3600000' };

export const clusterChecks = {
  'a field of another manager is left to it, and the refusal names both': async (stage) => {
    const workload = await stage.open('deployment', { of: { manager: 'kubectl', replicas: 0 } });
    const error = await stage.refused();
    expect(error.kind).toBe('cannot-start');
    expect(error.message).toContain('.spec.replicas');
    expect(error.message).toContain('"kubectl"');
    expect(error.message).toContain('KUBERNETES_FORCE=1');
    expect(workload.wanted()).toBe(0);
    expect(stage.cluster.applied.every(({ force }) => !force)).toBe(true);
  },

  'a field that others take meanwhile is not taken back': async (stage) => {
    const workload = await stage.open('deployment');
    await stage.ready();
    stage.cluster.store.update(workload.path, 'kube-controller-manager', { spec: { replicas: 3 } });
    const error = await stage.refused();
    expect(error.message).toContain('"kube-controller-manager"');
    expect(workload.wanted()).toBe(3);
  },

  'a server that tracks no owners below the scale subresource is not believed that there are none': async (
    stage,
  ) => {
    stage.cluster.tracksScale = false;
    const workload = await stage.open('deployment', { of: { manager: 'kubectl', replicas: 0 } });
    const error = await stage.refused();
    expect(error.message).toContain('"kubectl"');
    expect(workload.wanted()).toBe(0);
  },

  'a field of nobody is taken, also where the server names a placeholder as its owner': async (stage) => {
    stage.cluster.tracksScale = false;
    await stage.open('deployment');
    const command = await stage.ready();
    expect(await stage.backend.stop(command)).toEqual({ ok: true, value: null });
  },

  'the setting takes a field by force, and what is set is ours by name': async (stage) => {
    const env = { KUBERNETES_FORCE: '1', KUBERNETES_FIELD_MANAGER: 'pilotlight-blue' };
    const workload = await stage.open('deployment', { of: { manager: 'kubectl', replicas: 0 }, env });
    await stage.ready();
    const owners = stage.cluster.store.get(workload.path)?.metadata.managedFields ?? [];
    const held = owners.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('f:replicas'));
    expect(held.map(({ manager }) => manager)).toEqual(['pilotlight-blue']);
  },

  'floor and buffer never exceed the GPUs, and a bound above is always said': async (stage) => {
    const version = { buffer: 2 };
    const workload = await stage.open('knative', { version, env: { KUBERNETES_GPUS_MAX: '3' } });
    await stage.ready();
    await stage.ready();
    await stage.ready();
    expect(await stage.refused()).toMatchObject({ kind: 'quota' });
    expect(workload.pods.most).toBe(3);
    for (const { sent } of stage.cluster.applied) {
      const ceiling = Number(sent.metadata?.annotations?.['autoscaling.knative.dev/max-scale']);
      expect(ceiling).toBeGreaterThanOrEqual(1);
      expect(ceiling).toBeLessThanOrEqual(3);
    }
  },

  'a token that was replaced is used from the next call on': async (stage) => {
    await stage.open('deployment');
    const command = await stage.ready();
    stage.cluster.rotateToken();
    expect(await stage.backend.list(command.pool)).toMatchObject({ ok: true });
    await stage.ready();
  },

  'an object that others change meanwhile is read again, a bounded number of times': async (stage) => {
    const workload = await stage.open('deployment', { env: hourly });
    const { faults, store, applied } = stage.cluster;
    const act = (): void => store.touch(workload.path);
    faults.add({ call: 'PATCH /scale', how: 'meanwhile', act, times: 3 });
    await stage.ready();
    faults.add({ call: 'PATCH /scale', how: 'meanwhile', act });
    applied.splice(0);
    const error = await stage.refused();
    expect(classOf(error.kind)).toBe('transient');
    expect(error.message).toContain('times in a row');
    expect(applied).toHaveLength(5);
  },

  'a write that was given up on and comes late does not undo a later one': async (stage) => {
    const workload = await stage.open('deployment', { env: hourly });
    const { faults, applied } = stage.cluster;
    await vi.waitUntil(() => applied.length > 0, patience);
    faults.add({ call: 'PATCH /scale', how: 'late', ms: 6_000, times: 1 });
    expect(await stage.refused()).toMatchObject({ kind: 'timeout' });
    await stage.ready();
    const late = await vi.waitUntil(
      () => applied.find(({ sent }) => sent.spec?.['replicas'] === 1),
      patience,
    );
    expect(late.code).toBe(409);
    expect(workload.wanted()).toBe(2);
  },

  'an object that is gone is not made anew': async (stage) => {
    const workload = await stage.open('knative', { env: hourly });
    await stage.ready();
    const { faults, store } = stage.cluster;
    faults.add({
      call: 'PATCH /revisions',
      how: 'meanwhile',
      act: () => store.delete(workload.path),
      times: 1,
    });
    const error = await stage.refused();
    expect(classOf(error.kind)).not.toBe('auth');
    expect(store.get(workload.path)).toBeNull();
    for (const { sent } of stage.cluster.applied)
      expect(sent.metadata).toMatchObject({ uid: expect.any(String), resourceVersion: expect.any(String) });
  },

  'pods that no node has room for are a lack of capacity, and are not waited for': async (stage) => {
    const workload = await stage.open('deployment');
    // The one that a Deployment begins with is gone once the agent has told it that none is wanted.
    await vi.waitUntil(() => workload.wanted() === 0 && workload.pods.count === 0, patience);
    workload.pods.room = 0;
    const error = await stage.refused(2_000);
    expect(error).toMatchObject({ kind: 'no-capacity' });
    expect(error.message).toContain('Insufficient nvidia.com/gpu');
    expect(workload.wanted()).toBe(0);
    await vi.waitUntil(() => workload.pods.count === 0, patience);
    workload.pods.room = 1;
    await stage.ready();
  },

  'pods that a ResourceQuota does not admit are a quota, and the call that it refuses as well': async (
    stage,
  ) => {
    const workload = await stage.open('deployment');
    await stage.ready();
    workload.pods.quota = 1;
    expect(await stage.refused(2_000)).toMatchObject({ kind: 'quota' });
    const message = 'deployments.apps "chat" is forbidden: exceeded quota: replicas';
    stage.cluster.faults.add({
      call: 'PATCH /scale',
      how: 'refuse',
      code: 403,
      reason: 'Forbidden',
      message,
    });
    expect(await stage.refused()).toMatchObject({ kind: 'quota' });
  },

  'a pod that loads is no replica that is ready, however many others are': async (stage) => {
    const workload = await stage.open('deployment', { version: { shortageMs: 3_600_000 } });
    await stage.ready();
    workload.pods.room = 1;
    const second = await stage.backend.start(stage.order(1_500));
    expect(second).toMatchObject({ ok: true, value: { condition: 'loading' } });
  },

  'a new revision gets the figures, and none is made by us': async (stage) => {
    const workload = await stage.open('knative');
    await stage.ready();
    const service = '/apis/serving.knative.dev/v1/namespaces/models/services';
    const before = JSON.stringify(stage.cluster.store.list(service).map(({ spec }) => spec));
    workload.redeploy();
    await vi.waitUntil(() => workload.wanted() === 1, patience);
    expect(JSON.stringify(stage.cluster.store.list(service).map(({ spec }) => spec))).toBe(before);
    const revisions = stage.cluster.store.list('/apis/serving.knative.dev/v1/namespaces/models/revisions');
    expect(revisions).toHaveLength(2);
  },

  'an InferenceService in the Knative mode is refused, with the shape that fits it': async (stage) => {
    await stage.open('kserve', { of: { mode: 'Knative' } });
    const error = await stage.refused();
    expect(error).toMatchObject({ kind: 'cannot-start' });
    expect(error.message).toContain('shape "knative" and name "chat-predictor"');
    expect(stage.cluster.applied).toEqual([]);
  },

  'an InferenceService without replicas is stopped, and goes on with the first': async (stage) => {
    const workload = await stage.open('kserve');
    const command = await stage.ready();
    expect(await stage.backend.stop(command)).toEqual({ ok: true, value: null });
    const object = stage.cluster.store.get(workload.path);
    expect(object?.metadata.annotations?.['serving.kserve.io/stop']).toBe('true');
    await stage.ready();
  },

  'each refusal of the API server has its class, and a start goes on behind it': async (stage) => {
    await stage.open('deployment');
    const { faults } = stage.cluster;
    for (const [code, reason, kind] of [
      [401, 'Unauthorized', 'unauthorized'],
      [403, 'Forbidden', 'unauthorized'],
      [404, 'NotFound', 'cannot-start'],
      [422, 'Invalid', 'cannot-start'],
      [429, 'TooManyRequests', 'unreachable'],
      [500, 'InternalError', 'unreachable'],
      [503, 'ServiceUnavailable', 'unreachable'],
      [504, 'Timeout', 'timeout'],
    ] as const) {
      faults.add({ call: 'PATCH /scale', how: 'refuse', code, reason });
      expect(await stage.refused()).toMatchObject({ kind });
      faults.clear();
    }
    faults.add({ call: 'PATCH /scale', how: 'lost-answer', times: 1 });
    expect(await stage.refused()).toMatchObject({ kind: 'unreachable' });
    await stage.ready();
  },

  'an API server that never answers is given up on': async (stage) => {
    await stage.open('deployment');
    stage.cluster.faults.add({ call: 'GET /deployments', how: 'never' });
    expect(await stage.refused()).toMatchObject({ kind: 'timeout' });
    stage.cluster.faults.clear();
    await stage.ready();
  },

  'what is not deployed cannot start, and the refusal says what to do': async (stage) => {
    await stage.open('deployment', { version: { name: 'absent' } });
    const error = await stage.refused();
    expect(error).toMatchObject({ kind: 'cannot-start' });
    expect(error.message).toContain('no Deployment absent in the namespace models: apply it');
  },
} satisfies Record<string, Check>;

export type CheckName = keyof typeof clusterChecks;
