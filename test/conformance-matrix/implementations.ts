// The rows and columns of the matrix of conformance: every implementation of the backend contract with its test files, and the groups of
// guarantees. Pure.

export interface Implementation {
  readonly name: string;
  /** The first runs the suites that all run; the others hold what it promises beside them. */
  readonly files: readonly [string, ...string[]];
  /** What has to be on the machine: the variables that name it, and what it is. Left out: nothing. */
  readonly needs?: { readonly variables: readonly string[]; readonly what: string };
}

const folder = 'test/conformance';

export const implementations: readonly Implementation[] = [
  {
    name: 'local',
    files: [
      `${folder}/backend-agent.test.ts`,
      `${folder}/backend-agent-program.test.ts`,
      `${folder}/backend-agent-servers.test.ts`,
    ],
  },
  {
    name: 'vllm',
    files: [
      `${folder}/backend-agent-vllm.test.ts`,
      `${folder}/backend-agent-recipes.test.ts`,
      `${folder}/modal-sandbox-vllm.test.ts`,
    ],
  },
  {
    name: 'modal-sandbox',
    files: [`${folder}/backend-modal-sandbox.test.ts`, `${folder}/modal-sandbox-faults.test.ts`],
  },
  {
    name: 'modal-function',
    files: [`${folder}/backend-modal-function.test.ts`, `${folder}/modal-function-floor.test.ts`],
  },
  { name: 'runpod', files: [`${folder}/backend-runpod.test.ts`] },
  {
    name: 'kubernetes',
    files: [
      `${folder}/backend-kubernetes.test.ts`,
      `${folder}/backend-kubernetes-faults.test.ts`,
      `${folder}/kubernetes-faults.test.ts`,
    ],
  },
  { name: 'openai', files: [`${folder}/backend-openai.test.ts`] },
  { name: 'workers-ai', files: [`${folder}/backend-workers-ai.test.ts`] },
];

/** What stands in for nobody: no implementation of its own, and a row, which says so where it was not run. */
export const realApiServer: Implementation = {
  name: 'kubernetes-api',
  files: ['test/e2e/kubernetes-api.test.ts'],
  needs: {
    variables: ['KUBE_APISERVER', 'ETCD'],
    what: 'a real kube-apiserver and its etcd (docs/backends.md)',
  },
};

/** Why its suites cannot be run here; null = they can. */
export function whyNotRun(
  { needs }: Pick<Implementation, 'needs'>,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const unset = needs?.variables.filter((name) => (env[name] ?? '') === '') ?? [];
  if (needs === undefined || unset.length === 0) return null;
  return `${unset.join(' and ')} ${unset.length === 1 ? 'names' : 'name'} no program; needs ${needs.what}`;
}

/** The Worker before the agent's container: no implementation of the contract either. */
export const agentContainer: Implementation = {
  name: 'agent-container',
  files: ['test/unit/agent/container-door.test.ts'],
};

/** The edge while what it needs is away: no implementation of the contract, and no row. Bugs are planted in it as in the drivers. */
export const edgeAlone: Implementation = {
  name: 'edge-alone',
  files: [
    'test/e2e/edge-alone-agent.test.ts',
    'test/e2e/edge-alone-redis.test.ts',
    'test/e2e/edge-alone-endpoints.test.ts',
    'test/e2e/edge-alone-places.test.ts',
  ],
};

/** What the suites' groups are called, in their order; `own`: what is no test of a suite. */
export const groups = [
  'start',
  'park, wake, drain',
  'stop',
  'list',
  'door',
  'slow',
  'errors',
  'lost answers',
  'duplicates',
  'out of order',
  'hanging',
  'no room',
  'lost state',
  'own',
] as const;

export type Group = (typeof groups)[number];

/** Suites begin so (backend.suite.ts, backend-faults.suite.ts). */
const suite = /^backend (?:under faults: )?/;

/** The group of a test, by the titles around it. */
export function groupOf(titles: readonly string[]): Group {
  const at = titles.findIndex((title) => suite.test(title));
  if (at < 0) return 'own';
  const inner = titles[at + 1];
  // One test of a suite stands alone: that of its door.
  if (inner === undefined) return 'door';
  return groups.find((group) => group === inner) ?? 'own';
}
