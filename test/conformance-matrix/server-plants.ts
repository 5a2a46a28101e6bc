// Bugs to plant in how servers of others are talked to, guarded and launched: one change of the source each, and the test that must catch it.
import type { Plant } from '../chaos/plants.ts';

export interface ServerPlant extends Plant {
  readonly name: string;
  /** What goes wrong, in words. */
  readonly what: string;
  readonly suite: string;
  /** Part of the title of a test of that suite that fails with it. */
  readonly caughtBy: string;
}

const vllm = 'gpu-workers/agent/server/vllm-talk.ts';
const vllmTest = 'test/unit/agent/server/vllm-talk.test.ts';
const recipes = 'test/conformance/backend-agent-recipes.test.ts';
const apps = 'test/conformance/modal-apps.test.ts';
const sandboxes = 'test/conformance/modal-sandbox-vllm.test.ts';

export const serverPlants: readonly ServerPlant[] = [
  {
    name: 'cuts-what-runs',
    what: 'vLLM is put to sleep as it does by default, which cuts a request that runs',
    file: vllm,
    find: '&mode=wait',
    replace: '',
    suite: vllmTest,
    caughtBy: 'is answered whole before the server sleeps',
  },
  {
    name: 'woken-at-once',
    what: 'from level 2 everything is given back in one call, and nobody reads the weights',
    file: vllm,
    find: 'this.#sleepLevel === 1\n',
    replace: 'this.#sleepLevel >= 1\n',
    suite: vllmTest,
    caughtBy: 'answers as before once it is woken',
  },
  {
    name: 'believes-old-gauges',
    what: 'gauges that stand still keep a server awake for ever',
    file: vllm,
    find: '&& second.done !== first.done',
    replace: '',
    suite: vllmTest,
    caughtBy: 'gauges that stand still are old',
  },
  {
    name: 'never-busy',
    what: 'nobody looks whether a request runs',
    file: vllm,
    find: "if (await this.#isBusy()) return 'busy';",
    replace: 'void this.#isBusy;',
    suite: vllmTest,
    caughtBy: 'keeps its server awake while it gets on',
  },
  {
    name: 'health-is-ready',
    what: 'a vLLM that sleeps is taken for ready, because it answers its health',
    file: vllm,
    find: 'if (sleeping === true) return',
    replace: 'if (sleeping === null) return',
    suite: vllmTest,
    caughtBy: 'is found asleep',
  },
  {
    name: 'answered-is-asleep',
    what: 'an answer to /sleep is taken for the sleep',
    file: vllm,
    find: "return (await this.#until(true, untilMs)) ? 'parked' : 'broken';",
    replace: "return untilMs > 0 ? 'parked' : 'broken';",
    suite: vllmTest,
    caughtBy: '(never) is broken',
  },
  {
    name: 'no-guard',
    what: 'the vLLM of a sandbox is not guarded',
    file: 'gpu-workers/agent/modal/sandbox-store.ts',
    find: "protocol?.kind === 'vllm' ? guardCommand(filled) : filled",
    replace: "protocol?.kind === 'ollama' ? guardCommand(filled) : filled",
    suite: sandboxes,
    caughtBy: 'strangers who find the address',
  },
  {
    name: 'opens-near-misses',
    what: 'the guard opens whatever begins like an open path',
    file: 'gpu-workers/modal/pilotlight_guard.py',
    find: 'path in OPEN',
    replace: 'any(path.startswith(open) for open in OPEN)',
    suite: apps,
    caughtBy: 'of near misses opens what it should',
  },
  {
    name: 'snapshot-awake',
    what: 'an app is awake when Modal takes its snapshot',
    file: 'gpu-workers/modal/vllm_server.py',
    find: '        self.call("POST", "/sleep?level=1&mode=wait", timeout=5 * MINUTES)\n        self.wait_until(self.is_sleeping, 1 * MINUTES)',
    replace: '        self.wait_until(self.is_healthy, 1 * MINUTES)',
    suite: apps,
    caughtBy: 'is asleep for its snapshot',
  },
  {
    name: 'open-address',
    what: 'the address of an app asks nobody for a token',
    file: 'gpu-workers/modal/vllm_chat.py',
    find: 'requires_proxy_auth=True',
    replace: 'requires_proxy_auth=False',
    suite: apps,
    caughtBy: 'a protected address',
  },
  {
    name: 'ollama-by-our-name',
    what: 'Ollama is asked for the id of the version, which it does not know',
    file: 'src/core/routing/wire-model.ts',
    find: 'return launch.protocol.model;',
    replace: 'return version;',
    suite: recipes,
    caughtBy: 'answers to the name that it knows it by',
  },
  {
    name: 'ollama-parked-under-a-request',
    what: 'a model that is told to go is taken for gone',
    file: 'gpu-workers/agent/server/ollama-talk.ts',
    find: 'while (await this.#isLoaded()) {',
    replace: 'while (!this.#model) {',
    suite: recipes,
    caughtBy: 'is not parked under a request',
  },
  {
    name: 'env-not-filled-in',
    what: 'variables in what is added to the environment are not replaced',
    file: 'gpu-workers/agent/launch.ts',
    find: 'fillInAll(launch.env, given)',
    replace: 'launch.env',
    suite: 'test/unit/agent/examples.test.ts',
    caughtBy: 'leaves nothing of its commands to be filled in',
  },
];
