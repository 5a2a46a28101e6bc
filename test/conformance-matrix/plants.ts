// Bugs to plant in each driver, as one change of its source in a copy of the project, and the test of its suites that must catch it. A
// change whose text is no longer there is an error: it would prove nothing.
import type { Plant } from '../chaos/plants.ts';
import { clusterPlants } from '../support/kubernetes/plants.ts';
import { containerPlants } from './container-plants.ts';
import { edgePlants } from './edge-plants.ts';
import { serverPlants } from './server-plants.ts';

export interface DriverPlant extends Plant {
  readonly name: string;
  /** What goes wrong, in words. */
  readonly what: string;
  /** Part of the title of a test that fails with it. */
  readonly caughtBy: string;
  /** The file of that test; left out: the first of the implementation's own. */
  readonly suite?: string;
}

const managed = 'src/backends/managed/managed-backend.ts';
const runpodPlace = 'src/backends/managed/runpod-place.ts';
const fixedPlace = 'src/backends/managed/fixed-place.ts';
const placeCall = 'src/backends/managed/place-call.ts';
const probe = 'src/backends/managed/probe-upstream.ts';
const local = 'gpu-workers/agent/local-process.ts';
const sandbox = 'gpu-workers/agent/modal/modal-sandbox.ts';
const modalFunction = 'gpu-workers/agent/modal/modal-function.ts';

const clusterSuite = 'test/conformance/kubernetes-faults.test.ts';

/** By implementation; of the edge while what it needs is away, and of the agent's container. */
export const driverPlants: Readonly<Record<string, readonly DriverPlant[]>> = {
  'edge-alone': edgePlants,
  'agent-container': containerPlants,
  local: [
    {
      name: 'no-fence',
      what: 'an older generation than the known one is begun',
      file: local,
      find: 'if (command.generation <= latest) {',
      replace: 'if (command.generation < 0) {',
      caughtBy: 'of an older generation is refused',
    },
    {
      name: 'late-start-lives',
      what: 'a start that its own stop has overtaken is begun',
      file: 'src/backends/life-order.ts',
      find: 'this.#ended.set(id, latest);',
      replace: 'void latest;',
      caughtBy: 'arrives after its own stop',
    },
    {
      name: 'no-capacity-check',
      what: 'more replicas are begun than there may be',
      file: local,
      find: 'if (replicas >= this.#options.replicasMax) {',
      replace: 'if (replicas < 0) {',
      caughtBy: 'above the capacity',
    },
  ],
  vllm: serverPlants,
  'modal-sandbox': [
    {
      name: 'no-take-over',
      what: 'what an earlier agent has left is not looked at',
      file: 'gpu-workers/agent/modal/sandbox-sweep.ts',
      find: 'if (row !== null) this.#takeOver(row, sandbox);',
      replace: 'void this.#takeOver;',
      caughtBy: 'after a restart the list is whole',
    },
    {
      name: 'no-fence',
      what: 'an older generation than the known one is begun',
      file: sandbox,
      find: 'if (generation <= latest) {',
      replace: 'if (generation < 0) {',
      caughtBy: 'of an older generation is refused',
    },
    {
      name: 'no-quota',
      what: 'more GPUs are asked for than the account may have',
      file: 'gpu-workers/agent/managed/gpu-quota.ts',
      find: 'Math.max(0, this.gpusMax - others)',
      replace: '1_000 + 0 * others',
      caughtBy: 'above the capacity',
    },
  ],
  'modal-function': [
    {
      name: 'no-floor',
      what: 'the floor is never raised',
      file: modalFunction,
      find: 'minContainers: floor,',
      replace: 'minContainers: Math.min(0, floor),',
      caughtBy: 'floor, buffer, ceiling and idle window',
      suite: 'test/conformance/modal-function-floor.test.ts',
    },
    {
      name: 'ready-without-answer',
      what: 'a replica is called ready although its container has not answered',
      file: managed,
      find: '!(await this.#options.place.answers())',
      replace: 'false',
      caughtBy: 'of a replica that hangs answers',
    },
    {
      name: 'no-quota',
      what: 'more GPUs are asked for than the account may have',
      file: 'gpu-workers/agent/managed/gpu-quota.ts',
      find: 'Math.max(0, this.gpusMax - others)',
      replace: '1_000 + 0 * others',
      caughtBy: 'above the capacity',
    },
  ],
  runpod: [
    {
      name: 'counts-cached-workers',
      what: 'workers that are only cached are taken for some that serve',
      file: runpodPlace,
      find: 'Math.min(Math.max(ready, idle + running), Math.max(0, paid - initializing))',
      replace: 'Math.max(ready, idle + running) + 0 * paid',
      caughtBy: 'workers that are only cached',
    },
    {
      name: 'floor-set-once',
      what: 'a floor that others have reset is not set again',
      file: 'src/backends/upstream/upstream-backend.ts',
      find: 'if (!isHandedOver && lives.read().length > 0) await managed.reconcile();',
      replace: 'lives.read();',
      caughtBy: 'what others have set is set again',
    },
    {
      name: 'trusts-a-lost-change',
      what: 'a change that nobody has answered is taken for one that will never arrive',
      file: runpodPlace,
      find: 'if (wanted.workersMin < this.#doubt.floor &&',
      replace: 'if (wanted.workersMin < 0 &&',
      caughtBy: 'arrives after its own stop',
    },
    {
      name: 'quota-is-an-outage',
      what: 'a refused quota is told as an outage',
      file: runpodPlace,
      find: '/workers?\\s+quota/i',
      replace: '/no such words/',
      caughtBy: 'a quota of the account that is used up',
    },
    {
      name: 'keeps-what-was-refused',
      what: 'the floor stays raised for a replica that was refused',
      file: managed,
      find: 'const lowered = inDoubt(await this.#told.tell());\n    // Whoever',
      replace: 'const lowered = ok(null) as Awaited<BackendReply<null>>;\n    // Whoever',
      caughtBy: 'is told as such, leaves nothing behind',
    },
    {
      name: 'stops-before-the-end',
      what: 'a stop is answered while the worker still runs',
      file: managed,
      find: 'if (isLowered(this.#target(), seen.value)) return ok(null);',
      replace: 'if (isLowered(this.#target(), seen.value) || true) return ok(null);',
      caughtBy: 'answers when the process is gone',
    },
  ],
  kubernetes: Object.entries(clusterPlants).map(([name, plant]) =>
    Object.assign({ name, suite: clusterSuite }, plant),
  ),
  openai: [
    {
      name: 'no-probe',
      what: 'a right is given without asking whether the endpoint takes the key',
      file: fixedPlace,
      find: 'if (!isLess && floor > this.#given) {',
      replace: 'if (floor < 0) {',
      caughtBy: 'a key that is refused is told as such',
    },
    {
      name: 'any-host',
      what: 'a host is called that nobody has listed',
      file: 'src/backends/upstream/read-upstreams.ts',
      find: 'if (!hosts.some((host) => spellHost(host, url) === url.host))',
      replace: 'if (hosts.length < 0)',
      caughtBy: 'a host that is not listed is never called',
    },
    {
      name: 'no-key',
      what: 'the key is not shown',
      file: placeCall,
      find: "headers['authorization'] = `Bearer ${key}`;",
      replace: 'void key;',
      caughtBy: 'answers when the replica is ready',
    },
    {
      name: 'needs-leave',
      what: 'a right can be given up only while the endpoint answers',
      file: fixedPlace,
      find: 'if (!isLess && floor > this.#given) {',
      replace: 'if (floor >= 0) {',
      caughtBy: "needs nobody's leave",
    },
    {
      name: 'no-fence',
      what: 'an older generation than the known one is begun',
      file: managed,
      find: 'if (generation <= latest)',
      replace: 'if (generation < 0)',
      caughtBy: 'of an older generation is refused',
    },
  ],
  'workers-ai': [
    {
      name: 'any-model',
      what: 'a model that is not there is taken for one that is',
      file: probe,
      find: 'found.data.result.some(({ name }) => name === model)',
      replace: 'found.data.result.length >= 0',
      caughtBy: 'a model that does not exist',
    },
    {
      name: 'limit-is-for-ever',
      what: 'a lack of room is told as a start that can never succeed',
      file: placeCall,
      find: 'if (status === 429)',
      replace: 'if (status === 1429)',
      caughtBy: 'is told as such, leaves nothing behind',
    },
    {
      name: 'forbidden-is-for-ever',
      what: 'a refused key is told as a start that can never succeed',
      file: placeCall,
      find: 'status === 401 || status === 403',
      replace: 'status === 401',
      caughtBy: 'a key that is refused is told as such',
    },
    {
      name: 'lists-all-pools',
      what: 'a list holds the replicas of other pools too',
      file: managed,
      find: 'const lives = this.#lives.filter((life) => pool === null || life.pool === pool);',
      replace: 'const lives = this.#lives;',
      caughtBy: 'gives the replicas of one pool',
    },
  ],
};
