// Bugs to plant in the driver for Kubernetes: each is a change to a copy of the project, and the named check must catch it.
import type { Plant } from '../../chaos/plants.ts';
import type { CheckName } from './cluster-checks.ts';

export interface ClusterPlant extends Plant {
  /** What goes wrong, in words. */
  readonly what: string;
  readonly caughtBy: CheckName;
}

const driver = 'gpu-workers/agent/kubernetes';

export const clusterPlants: Readonly<Record<string, ClusterPlant>> = {
  'force-on-conflict': {
    what: 'fields are taken from whoever has them',
    file: `${driver}/cluster-api.ts`,
    find: 'force = this.#access.force',
    replace: 'force = true',
    caughtBy: 'a field of another manager is left to it, and the refusal names both',
  },
  'believes-nobody': {
    what: 'what a server before 1.22 says of every scale subresource is taken at its word',
    file: `${driver}/apply-fields.ts`,
    find: 'if (others.length > 0) {',
    replace: 'if (others.length > 1_000) {',
    caughtBy:
      'a server that tracks no owners below the scale subresource is not believed that there are none',
  },
  'respects-nobody': {
    what: 'a placeholder is taken for an owner, so that a field of nobody is never set',
    file: `${driver}/apply-fields.ts`,
    find: 'if (applied.error.managers.some((manager) => manager !== nobody)) return applied;',
    replace: 'if (applied.error.managers.length > 0 && nobody !== null) return applied;',
    caughtBy: 'a field of nobody is taken, also where the server names a placeholder as its owner',
  },
  'other-manager': {
    what: 'what is set is owned under a name that others have as well',
    file: `${driver}/cluster-api.ts`,
    find: 'const query = `fieldManager=${this.fieldManager}&force=${force}`;',
    replace: 'const query = `fieldManager=kubectl&force=${force}`;',
    caughtBy: 'the setting takes a field by force, and what is set is ours by name',
  },
  'no-manager': {
    what: 'no field manager is named at all',
    file: `${driver}/cluster-api.ts`,
    find: 'const query = `fieldManager=${this.fieldManager}&force=${force}`;',
    replace: 'const query = `force=${force}`;',
    caughtBy: 'a token that was replaced is used from the next call on',
  },
  'no-ceiling': {
    what: 'a revision may grow without bound',
    file: `${driver}/knative-shape.ts`,
    find: '[maxScale]: String(ceiling),',
    replace: '[maxScale]: String(ceiling * 0),',
    caughtBy: 'floor and buffer never exceed the GPUs, and a bound above is always said',
  },
  'buffer-beyond-quota': {
    what: 'the buffer is kept beside a floor that has used the quota up',
    file: 'src/backends/managed/plan-target.ts',
    find: 'Math.min(buffer, containersMax - floor)',
    replace: 'Math.min(buffer, containersMax)',
    caughtBy: 'floor and buffer never exceed the GPUs, and a bound above is always said',
  },
  'stale-token': {
    what: 'the token is read once',
    file: `${driver}/cluster-api.ts`,
    find: "const token = (await readFile(tokenFile, 'utf8')).trim();",
    replace:
      "const kept = globalThis as { token?: string };\n      const token = (kept.token ??= (await readFile(tokenFile, 'utf8')).trim());",
    caughtBy: 'a token that was replaced is used from the next call on',
  },
  'no-second-try': {
    what: 'one change by others is the end of it',
    file: `${driver}/apply-fields.ts`,
    find: 'const triesMax = 5;',
    replace: 'const triesMax = 1;',
    caughtBy: 'an object that others change meanwhile is read again, a bounded number of times',
  },
  'endless-tries': {
    what: 'a quarrel goes on and on',
    file: `${driver}/apply-fields.ts`,
    find: 'const triesMax = 5;',
    replace: 'const triesMax = 50;',
    caughtBy: 'an object that others change meanwhile is read again, a bounded number of times',
  },
  'no-version': {
    what: 'a write that comes late is as good as any other',
    file: `${driver}/deployment-shape.ts`,
    find: 'metadata: { name: launch.name, namespace, resourceVersion },',
    replace: "metadata: { name: launch.name, namespace, ...(resourceVersion === '' ? {} : {}) },",
    caughtBy: 'a write that was given up on and comes late does not undo a later one',
  },
  'makes-anew': {
    what: 'an apply to what is gone would make it anew',
    file: `${driver}/knative-shape.ts`,
    find: 'metadata: { name: revision, namespace, uid, resourceVersion, annotations: annotate(wanted()) },',
    replace:
      'metadata: { name: revision, namespace, annotations: annotate(wanted()), ...(uid === resourceVersion ? {} : {}) },',
    caughtBy: 'an object that is gone is not made anew',
  },
  'keeps-refused-share': {
    what: 'a share stays raised though its start was refused',
    file: 'src/backends/managed/managed-backend.ts',
    find: 'this.#write(this.#lives.filter(({ id }) => id !== life.id));\n    const lowered',
    replace: 'const lowered',
    caughtBy: 'pods that no node has room for are a lack of capacity, and are not waited for',
  },
  'waits-for-no-node': {
    what: 'pods that cannot be placed are waited for like any other',
    file: `${driver}/count-pods.ts`,
    find: 'shortage: findQuota(deployments) ?? findUnschedulable(staying),',
    replace: 'shortage: findQuota(deployments) ?? findUnschedulable(staying.slice(0, 0)),',
    caughtBy: 'pods that no node has room for are a lack of capacity, and are not waited for',
  },
  'quota-as-rights': {
    what: 'a quota is taken for missing rights',
    file: `${driver}/api-failure.ts`,
    find: "return said.includes('exceeded quota');",
    replace: "return said === 'exceeded quota';",
    caughtBy: 'pods that a ResourceQuota does not admit are a quota, and the call that it refuses as well',
  },
  'unready-counts': {
    what: 'pods that load count as ready',
    file: `${driver}/count-pods.ts`,
    find: "ready: staying.filter((pod) => find(pod, 'Ready')?.status === 'True').length,",
    replace: 'ready: staying.length,',
    caughtBy: 'a pod that loads is no replica that is ready, however many others are',
  },
};
