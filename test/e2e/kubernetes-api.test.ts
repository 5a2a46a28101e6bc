// The driver's calls against a real API server over a real etcd, with the service account and the rights of gpu-workers/kubernetes/. Skipped
// where KUBE_APISERVER and ETCD name no programs; docs/backends.md says how to get them.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyFields } from '../../gpu-workers/agent/kubernetes/apply-fields.ts';
import { ClusterApi } from '../../gpu-workers/agent/kubernetes/cluster-api.ts';
import { ClusterPlace } from '../../gpu-workers/agent/kubernetes/cluster-place.ts';
import { DeploymentShape } from '../../gpu-workers/agent/kubernetes/deployment-shape.ts';
import type { KubernetesLaunch } from '../../src/core/registry/model.ts';
import { findPrograms, RealApiServer } from '../support/kubernetes/real-api-server.ts';

const programs = findPrograms(process.env);
const manifests = resolve(import.meta.dirname, '../../gpu-workers/kubernetes');
const models = '/apis/apps/v1/namespaces/models/deployments';
const target = (floor: number) => ({ floor, buffer: 0, ceiling: Math.max(1, floor), idleMs: 0 });

describe.skipIf(programs === null)(
  'a real API server (needs KUBE_APISERVER and ETCD: docs/backends.md)',
  () => {
    let server: RealApiServer;
    const tokenFile = join(tmpdir(), `pilotlight-token-${process.pid}`);

    beforeAll(async () => {
      server = new RealApiServer(programs ?? { apiServer: '', etcd: '' });
      await server.open();
      const { body } = await server.ask('GET', '/version');
      console.log(`Kubernetes ${String(body['gitVersion'])}, commit ${String(body['gitCommit'])}`);
      await server.ask('POST', '/api/v1/namespaces', { metadata: { name: 'models' } });
      for (const file of ['agent-rbac', 'deployment']) await applyManifest(file);
      await writeToken();
    });
    afterAll(async () => {
      rmSync(tokenFile, { force: true });
      await server.close();
    });

    /** As `kubectl apply --server-side` does. */
    async function applyManifest(file: string): Promise<void> {
      for (const text of readFileSync(join(manifests, `${file}.yaml`), 'utf8').split('\n---\n')) {
        const read = (field: string): string => new RegExp(`^ *${field}: (\\S+)$`, 'm').exec(text)?.[1] ?? '';
        const [group, kind, name] = [read('apiVersion'), read('kind'), read('name')];
        const root = group.includes('/') ? `/apis/${group}` : `/api/${group}`;
        const path = `${root}/namespaces/models/${kind.toLowerCase()}s/${name}?fieldManager=kubectl`;
        const { status, body } = await server.ask('PATCH', path, text, 'application/apply-patch+yaml');
        expect(status, `${file} ${kind}: ${JSON.stringify(body)}`).toBeLessThan(300);
      }
    }

    async function writeToken(): Promise<void> {
      const path = '/api/v1/namespaces/models/serviceaccounts/pilotlight-agent/token';
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const { body } = await server.ask('POST', path, request);
      writeFileSync(tokenFile, (body['status'] as { token: string }).token);
    }

    function makeApi(change: object = {}): ClusterApi {
      const access = {
        url: server.url,
        tokenFile,
        caFile: server.caFile,
        fieldManager: 'pilotlight',
        force: false,
      };
      return new ClusterApi({ ...access, ...change });
    }

    function makePlace(name: string, api = makeApi()): ClusterPlace {
      const launch: KubernetesLaunch = {
        kind: 'kubernetes',
        shape: 'deployment',
        name,
        namespace: null,
        endpoint: 'http://127.0.0.1:9',
        gpu: 'H100',
        readyPath: '/health',
        buffer: 0,
        shortageMs: 0,
      };
      const options = { api, launch, namespace: 'models' };
      return new ClusterPlace(options, new DeploymentShape(options));
    }

    async function replicasOf(name: string): Promise<unknown> {
      const { body } = await server.ask('GET', `${models}/${name}`);
      return (body['spec'] as Record<string, unknown>)['replicas'];
    }

    /** As `kubectl create` does: it owns what was filled in for it as well. */
    async function create(name: string): Promise<void> {
      const labels = { app: name };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'b' }] } };
      const spec = { selector: { matchLabels: labels }, template };
      const path = `${models}?fieldManager=kubectl-create`;
      expect((await server.ask('POST', path, { metadata: { name }, spec })).status).toBe(201);
    }

    test('a Deployment that says no replicas is scaled up and down, with the rights of the manifests', async () => {
      const place = makePlace('qwen');
      for (const floor of [0, 2, 3, 0]) {
        expect(await place.set(target(floor))).toEqual({ ok: true, value: null });
        expect(await replicasOf('qwen')).toBe(floor);
      }
      expect(await place.look()).toMatchObject({
        ok: true,
        value: { containers: 0, ready: 0, shortage: null },
      });
    });

    test('replicas of another manager are left to it, by name, and taken where the setting says so', async () => {
      await create('owned');
      const refused = await makePlace('owned').set(target(2));
      expect(refused).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
      if (!refused.ok) expect(refused.error.message).toContain('"kubectl-create"');
      expect(await replicasOf('owned')).toBe(1);
      const forced = makePlace('owned', makeApi({ force: true }));
      expect(await forced.set(target(2))).toEqual({ ok: true, value: null });
      expect(await replicasOf('owned')).toBe(2);
    });

    test('a write to an older version is refused as changed, and many at once all end in the last one', async () => {
      const api = makeApi();
      const path = `${models}/qwen/scale`;
      const read = await api.read(path);
      const { resourceVersion } = (read.ok ? read.value : {}) as { resourceVersion?: string } & object;
      const old = { metadata: { resourceVersion: resourceVersion ?? '1' } };
      const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 9 } };
      const late = { ...scale, metadata: { name: 'qwen', namespace: 'models', ...old.metadata } };
      expect(await api.apply(path, late, true)).toMatchObject({ ok: false, error: { kind: 'changed' } });
      const place = makePlace('qwen');
      const [other, ...floors] = [makePlace('qwen', makeApi()), 1, 2, 3, 4];
      const sets = [other.set(target(4)), ...floors.map((floor) => place.set(target(floor)))];
      for (const set of await Promise.all(sets)) expect(set).toEqual({ ok: true, value: null });
      expect(await replicasOf('qwen')).toBe(4);
    });

    test('pods are counted as their status says', async () => {
      await create('counted');
      const place = makePlace('counted');
      const pods = '/api/v1/namespaces/models/pods';
      const unschedulable = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: 'no GPU',
      };
      for (const [name, phase, condition] of [
        ['ready', 'Running', { type: 'Ready', status: 'True' }],
        ['loading', 'Running', { type: 'Ready', status: 'False' }],
        ['stuck', 'Pending', unschedulable],
        ['over', 'Failed', { type: 'Ready', status: 'False' }],
      ] as const) {
        const metadata = { name, labels: { app: 'counted' } };
        const spec = { containers: [{ name: 'a', image: 'b' }] };
        expect((await server.ask('POST', pods, { metadata, spec })).status).toBe(201);
        const status = { status: { phase, conditions: [condition] } };
        const patched = await server.ask(
          'PATCH',
          `${pods}/${name}/status`,
          status,
          'application/merge-patch+json',
        );
        expect(patched.status).toBe(200);
      }
      const shortage = { kind: 'no-capacity', message: 'no node has room: no GPU' };
      expect(await place.look()).toMatchObject({ value: { containers: 3, ready: 1, shortage } });
    });

    test('refusals have their classes: rights, token, missing, another CA', async () => {
      const api = makeApi();
      const main = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'qwen' },
        spec: { paused: true },
      };
      expect(await api.apply(`${models}/qwen`, main)).toMatchObject({ error: { kind: 'unauthorized' } });
      expect(await api.read('/api/v1/namespaces/models/secrets')).toMatchObject({
        error: { kind: 'unauthorized' },
      });
      expect(await api.read(`${models}/absent`)).toMatchObject({ error: { kind: 'not-found' } });
      expect(await makeApi({ caFile: null }).read(`${models}/qwen`)).toMatchObject({
        error: { kind: 'unreachable' },
      });
      const missing = await makePlace('absent').set(target(1));
      expect(missing).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
      const invalid = await applyFields({
        api,
        path: `${models}/qwen`,
        subresource: 'scale',
        fields: [['spec', 'replicas']],
        make: ({ resourceVersion }) => ({
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { name: 'qwen', namespace: 'models', resourceVersion },
          spec: { replicas: -1 },
        }),
      });
      expect(invalid).toMatchObject({ ok: false, error: { kind: 'cannot-start' } });
    });

    test('a service account token that is replaced is used from the next call on', async () => {
      const place = makePlace('qwen');
      writeFileSync(tokenFile, 'no.such.token');
      expect(await place.look()).toMatchObject({ ok: false, error: { kind: 'unauthorized' } });
      await writeToken();
      expect(await place.look()).toMatchObject({ ok: true });
    });
  },
);
