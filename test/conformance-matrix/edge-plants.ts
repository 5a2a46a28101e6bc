// Bugs to plant in what keeps the edge going while something that it needs is away: one change of the source each, and the test that must
// catch it.
import type { ServerPlant } from './server-plants.ts';

const e2e = (name: string): string => `test/e2e/edge-alone-${name}.test.ts`;

export const edgePlants: readonly ServerPlant[] = [
  {
    name: 'waits-for-the-agent',
    what: 'who needs a cold model waits for an agent that is not there until all time is over',
    file: 'src/core/pool/settle.ts',
    find: 'if (downSinceMs !== null && draft.nowMs - downSinceMs >= backendGraceMs) {',
    replace: 'if (downSinceMs !== null && draft.nowMs < downSinceMs) {',
    suite: e2e('agent'),
    caughtBy: 'the agent, killed',
  },
  {
    name: 'never-looks-back',
    what: 'nobody asks a fixed endpoint that was found away whether it is back',
    file: 'src/core/pool/settle.ts',
    find: 'isFoundAway(draft) ? begun.slice(1) : begun',
    replace: 'begun',
    suite: e2e('endpoints'),
    caughtBy: 'an OpenAI-compatible endpoint',
  },
  {
    name: 'takes-nothing-over',
    what: 'the next agent knows nothing of what the last one has left running on Modal',
    file: 'gpu-workers/agent/modal/sandbox-sweep.ts',
    find: 'if (row !== null) this.#takeOver(row, sandbox);',
    replace: 'void this.#takeOver;',
    suite: e2e('agent'),
    caughtBy: 'the agent, killed',
  },
  {
    name: 'rate-fails-open',
    what: 'a tenant has no bound while Redis says nothing',
    file: 'src/hosts/rate-gate.ts',
    find: "if (decision.kind !== 'refuse') return { kind: 'admitted', by: 'local' };",
    replace: "if (decision.kind !== 'ask') return { kind: 'admitted', by: 'local' };",
    suite: e2e('redis'),
    caughtBy: 'Redis, hanging',
  },
  {
    name: 'unlabelled-substitute',
    what: 'an answer from elsewhere does not say so',
    file: 'src/hosts/plan-request.ts',
    find: "return role === 'fallback' || role === 'spill';",
    replace: "return role === 'spill';",
    suite: e2e('endpoints'),
    caughtBy: 'Workers AI',
  },
  {
    name: 'an-outage-is-an-end',
    what: 'a place that cannot be asked is said to run nothing, so that what is hot there is buried',
    file: 'gpu-workers/agent/modal/modal-sandbox.ts',
    find: 'if (!swept.ok) return swept;',
    replace: 'if (!swept.ok) return ok([]);',
    suite: e2e('places'),
    caughtBy: 'the API of Modal',
  },
  {
    name: 'floor-told-once',
    what: 'a floor that others reset while the place could not be told is never set again',
    file: 'gpu-workers/agent/managed/function-driver.ts',
    find: 'this.#timer = setTimeout(() => void this.#reconcile(), this.#options.reconcileMs);',
    replace: 'this.#timer = setTimeout(() => undefined, this.#options.reconcileMs);',
    suite: e2e('places'),
    caughtBy: 'the Kubernetes API',
  },
  {
    name: 'outage-for-refusal',
    what: 'an API server that is away is taken for one that refuses the model',
    file: 'gpu-workers/agent/kubernetes/api-failure.ts',
    find: "if (status === 429 || status >= 500) return { kind: 'unreachable', message };",
    replace: "if (status === 429) return { kind: 'unreachable', message };",
    suite: e2e('places'),
    caughtBy: 'the Kubernetes API',
  },
  {
    name: 'one-place-for-all',
    what: 'a place that is away keeps replicas of other places from being ended',
    file: 'gpu-workers/agent/driver-set.ts',
    find: 'else refused ??= answer;',
    replace: 'else return answer;',
    suite: 'test/unit/agent/driver-set.test.ts',
    caughtBy: 'keeps no command from the driver that knows the replica',
  },
];
