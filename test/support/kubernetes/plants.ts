// Bugs to plant in the driver for Kubernetes: each is a change to a copy of the project, and the named check must catch it.
import type { Plant } from '../../chaos/plants.ts';
import type { CheckName } from './cluster-checks.ts';

export interface ClusterPlant extends Plant {
  readonly caughtBy: CheckName;
}

const driver = 'gpu-workers/agent/kubernetes';

export const clusterPlants: Readonly<Record<string, ClusterPlant>> = {
  /** Fields are taken from whoever has them. */
  'force-on-conflict': {
    file: `${driver}/cluster-api.ts`,
    find: 'force = this.#access.force',
    replace: 'force = true',
    caughtBy: 'a field of another manager is left to it, and the refusal names both',
  },
  /** What a server before 1.22 says of every scale subresource is taken at its word. */
  'believes-nobody': {
    file: `${driver}/apply-fields.ts`,
    find: 'if (others.length > 0) {',
    replace: 'if (others.length > 1_000) {',
    caughtBy:
      'a server that tracks no owners below the scale subresource is not believed that there are none',
  },
  /** A placeholder is taken for an owner, so that a field of nobody is never set. */
  'respects-nobody': {
    file: `${driver}/apply-fields.ts`,
    find: 'if (applied.error.managers.some((manager) => manager !== nobody)) return applied;',
    replace: 'if (applied.error.managers.length > 0 && nobody !== null) return applied;',
    caughtBy: 'a field of nobody is taken, also where the server names a placeholder as its owner',
  },
  /** What is set is owned under a name that others have as well. */
  'other-manager': {
    file: `${driver}/cluster-api.ts`,
    find: 'const query = `fieldManager=${this.fieldManager}&force=${force}`;',
    replace: 'const query = `fieldManager=kubectl&force=${force}`;',
    caughtBy: 'the setting takes a field by force, and what is set is ours by name',
  },
  /** No field manager is named at all. */
  'no-manager': {
    file: `${driver}/cluster-api.ts`,
    find: 'const query = `fieldManager=${this.fieldManager}&force=${force}`;',
    replace: 'const query = `force=${force}`;',
    caughtBy: 'a token that was replaced is used from the next call on',
  },
  /** A revision may grow without bound. */
  'no-ceiling': {
    file: `${driver}/knative-shape.ts`,
    find: '[maxScale]: String(ceiling),',
    replace: '[maxScale]: String(ceiling * 0),',
    caughtBy: 'floor and buffer never exceed the GPUs, and a bound above is always said',
  },
  /** The buffer is kept beside a floor that has used the quota up. */
  'buffer-beyond-quota': {
    file: 'src/backends/managed/plan-target.ts',
    find: 'Math.min(buffer, containersMax - floor)',
    replace: 'Math.min(buffer, containersMax)',
    caughtBy: 'floor and buffer never exceed the GPUs, and a bound above is always said',
  },
  /** The token is read once. */
  'stale-token': {
    file: `${driver}/cluster-api.ts`,
    find: "const token = (await readFile(tokenFile, 'utf8')).trim();",
    replace:
      "const kept = globalThis as { token?: string };\n      const token = (kept.token ??= (await readFile(tokenFile, 'utf8')).trim());",
    caughtBy: 'a token that was replaced is used from the next call on',
  },
  /** One change by others is the end of it. */
  'no-second-try': {
    file: `${driver}/apply-fields.ts`,
    find: 'const triesMax = 5;',
    replace: 'const triesMax = 1;',
    caughtBy: 'an object that others change meanwhile is read again, a bounded number of times',
  },
  /** A quarrel goes on and on. */
  'endless-tries': {
    file: `${driver}/apply-fields.ts`,
    find: 'const triesMax = 5;',
    replace: 'const triesMax = 50;',
    caughtBy: 'an object that others change meanwhile is read again, a bounded number of times',
  },
  /** A write that comes late is as good as any other. */
  'no-version': {
    file: `${driver}/deployment-shape.ts`,
    find: 'metadata: { name: launch.name, namespace, resourceVersion },',
    replace: "metadata: { name: launch.name, namespace, ...(resourceVersion === '' ? {} : {}) },",
    caughtBy: 'a write that was given up on and comes late does not undo a later one',
  },
  /** An apply to what is gone would make it anew. */
  'makes-anew': {
    file: `${driver}/knative-shape.ts`,
    find: 'metadata: { name: revision, namespace, uid, resourceVersion, annotations: annotate(wanted()) },',
    replace:
      'metadata: { name: revision, namespace, annotations: annotate(wanted()), ...(uid === resourceVersion ? {} : {}) },',
    caughtBy: 'an object that is gone is not made anew',
  },
  /** A share stays raised though its start was refused. */
  'keeps-refused-share': {
    file: 'src/backends/managed/managed-backend.ts',
    find: 'this.#write(this.#lives.filter(({ id }) => id !== life.id));\n    const lowered',
    replace: 'const lowered',
    caughtBy: 'pods that no node has room for are a lack of capacity, and are not waited for',
  },
  /** Pods that cannot be placed are waited for like any other. */
  'waits-for-no-node': {
    file: `${driver}/count-pods.ts`,
    find: 'shortage: findQuota(deployments) ?? findUnschedulable(staying),',
    replace: 'shortage: findQuota(deployments) ?? findUnschedulable(staying.slice(0, 0)),',
    caughtBy: 'pods that no node has room for are a lack of capacity, and are not waited for',
  },
  /** A quota is taken for missing rights. */
  'quota-as-rights': {
    file: `${driver}/api-failure.ts`,
    find: "return said.includes('exceeded quota');",
    replace: "return said === 'exceeded quota';",
    caughtBy: 'pods that a ResourceQuota does not admit are a quota, and the call that it refuses as well',
  },
  /** Pods that load count as ready. */
  'unready-counts': {
    file: `${driver}/count-pods.ts`,
    find: "ready: staying.filter((pod) => find(pod, 'Ready')?.status === 'True').length,",
    replace: 'ready: staying.length,',
    caughtBy: 'a pod that loads is no replica that is ready, however many others are',
  },
};
