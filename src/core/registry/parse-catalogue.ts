// Reads a catalogue of models from untrusted JSON (the file named by PILOTLIGHT_MODELS) and merges it over the built-in one. Owns the
// bounds of every figure and the words that tell the file's author what is wrong. Unknown fields are errors: most are misspelt. Pure.
import { z } from 'zod';
import { err, ok, type Result } from '../base/result.ts';
import { tiers } from '../warming/tiers.ts';
import { edgeLaunches, whyNoPrice, withEdgeDefaults } from './edge-launch.ts';
import { fillEconomics } from './fill-economics.ts';
import { serverProtocol, whyNoProtocol } from './server-protocol.ts';
import { findSharedEndpoint } from './shared-endpoint.ts';
import type { Catalogue, ModelVersion } from './model.ts';

/** Versions per deployment: each is a pool, and the admin view asks every one of them. */
const versionsMax = 200;
/** A month: whoever wants a replica kept for longer wants a floor. */
const windowMsMax = 30 * 86_400_000;

/** An emulated model that needs more than these is better served by a real one. */
const pacedRulesMax = 50;

const pace = z.strictObject({
  loadMs: z.number().min(0),
  wakeMs: z.number().min(0),
  firstTokenMs: z.number().min(0),
  tokenMs: z.number().min(0),
  tokens: z.int().min(1).max(100_000),
  answers: z
    .array(
      z.strictObject({
        when: z.array(z.string().min(1).max(200)).min(1).max(5),
        say: z.string().min(1).max(2_000),
      }),
    )
    .max(pacedRulesMax)
    .optional(),
});

/** Modal's own rule for names of apps. */
const modalName = z.string().regex(/^[A-Za-z0-9._-]{1,63}$/);
const modalGpu = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,32}(?::[1-9][0-9]?)?$/, 'must look like H100 or A100-80GB:2');

/** Kubernetes' own rule for names of objects and namespaces. */
const kubernetesName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be 1 to 63 small letters, digits and dashes, as Kubernetes names things',
  );

const kubernetes = z
  .strictObject({
    kind: z.literal('kubernetes'),
    shape: z.enum(['deployment', 'knative', 'kserve']),
    name: kubernetesName,
    namespace: kubernetesName.nullable().default(null),
    endpoint: z
      .string()
      .regex(
        /^https?:\/\/[A-Za-z0-9.-]+(?::[0-9]{1,5})?$/,
        'must be a URL without a path, such as https://chat.example.com',
      )
      .nullable()
      .default(null),
    gpu: modalGpu,
    readyPath: z.string().startsWith('/').default('/health'),
    buffer: z.int().min(0).max(1000).default(0),
    shortageMs: z.int().min(0).max(3_600_000).default(10_000),
  })
  .refine(({ shape, endpoint }) => shape !== 'deployment' || endpoint !== null, {
    path: ['endpoint'],
    error: 'is needed for a Deployment, which has no URL of its own: that of its Ingress, Gateway or Service',
  });

const launch = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('llama'), weights: z.string().min(1), contextTokens: z.int().min(64) }),
  z.strictObject({ kind: z.literal('embedder') }),
  z.strictObject({ kind: z.literal('paced'), pace }),
  z.strictObject({
    kind: z.literal('command'),
    command: z.array(z.string().min(1)).min(1),
    env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
    readyPath: z.string().startsWith('/').default('/health'),
    protocol: serverProtocol.optional(),
  }),
  z.strictObject({
    kind: z.literal('modal-sandbox'),
    app: modalName,
    image: z.string().min(1).max(500),
    gpu: modalGpu,
    command: z.array(z.string().min(1)).min(1),
    env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
    port: z.int().min(1).max(65_535).default(8000),
    readyPath: z.string().startsWith('/').default('/health'),
    protocol: serverProtocol.optional(),
    regions: z.array(z.string().min(1).max(64)).max(16).default([]),
  }),
  z.strictObject({
    kind: z.literal('modal-function'),
    app: modalName,
    function: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?$/),
    gpu: modalGpu,
    readyPath: z.string().startsWith('/').default('/health'),
    buffer: z.int().min(0).max(1000).nullable().default(null),
    // Modal takes whole seconds, from 2 on.
    idleMs: z.int().min(2_000).max(1_200_000).default(10_000),
  }),
  ...edgeLaunches,
  kubernetes,
]);

/** Ids become parts of object names, replica names and headers, so that only plain characters are taken. */
const versionId = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?@[0-9]{1,6}$/,
    'must look like name@1: small letters, digits, dots, dashes',
  );

/** A plan has no more attempts than these and the first. */
const elsewhereMax = 4;

/** A thousand dollars per million tokens: beyond that somebody has mistaken the unit. */
const tokenMicros = z.number().min(0).max(1_000_000_000);

const version = z
  .strictObject({
    id: versionId,
    task: z.enum(['chat', 'embedding']),
    launch,
    slots: z.int().min(1).max(1024).default(4),
    replicasMax: z.int().min(1).max(1000).default(2),
    floor: z.int().min(0).max(1000).default(0),
    tier: z.enum(tiers).default('standard'),
    hotIdleMs: z.int().min(0).max(windowMsMax).nullable().default(null),
    parkedIdleMs: z.int().min(0).max(windowMsMax).nullable().default(null),
    loadGuessMs: z.number().positive().max(3_600_000).optional(),
    wakeGuessMs: z.number().positive().max(3_600_000).optional(),
    startTimeoutMs: z.int().min(100).max(3_600_000).default(60_000),
    queueMax: z.int().min(1).max(10_000).default(64),
    waitTargetMs: z.int().min(1).max(3_600_000).nullable().default(10_000),
    hotMicrosPerSecond: z.number().min(0).optional(),
    parkedMicrosPerSecond: z.number().min(0).optional(),
    price: z.strictObject({ inputMicrosPerMTok: tokenMicros, outputMicrosPerMTok: tokenMicros }).optional(),
    contextTokens: z.int().min(64).max(100_000_000).optional(),
    tools: z.boolean().optional(),
    continues: z.boolean().optional(),
    elsewhere: z.array(versionId).min(1).max(elsewhereMax).optional(),
  })
  .refine(({ floor, replicasMax }) => floor <= replicasMax, {
    path: ['floor'],
    error: 'is more than replicasMax',
  })
  .superRefine((given, context) => {
    const message = whyNoProtocol(given);
    if (message !== null) context.addIssue({ code: 'custom', path: ['launch', 'protocol'], message });
  })
  .transform(fillEconomics);

/** With what its kind of launch suggests, and what that asks for. */
const anyVersion = z.preprocess(withEdgeDefaults, version).superRefine((given, context) => {
  const message = whyNoPrice(given);
  if (message !== null) context.addIssue({ code: 'custom', path: ['price'], message });
});

const catalogue = z
  .strictObject({
    versions: z.array(anyVersion).max(versionsMax),
    aliases: z.record(z.string().min(1).max(100), versionId).default({}),
  })
  .refine(({ versions }) => new Set(versions.map(({ id }) => id)).size === versions.length, {
    path: ['versions'],
    error: 'two versions have the same id',
  })
  .superRefine(({ versions }, context) => {
    const shared = findSharedEndpoint(versions);
    if (shared === null) return;
    const path = ['versions', shared.index, 'launch', 'endpoint'];
    context.addIssue({ code: 'custom', path, message: shared.message });
  });

/** Parses JSON text into a catalogue; the error says where and what, in words for whoever wrote the file. */
export function parseCatalogue(text: string): Result<Catalogue, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return err(`the model catalogue is not valid JSON: ${cause instanceof Error ? cause.message : ''}`);
  }
  const parsed = catalogue.safeParse(json);
  if (!parsed.success) return err(`the model catalogue is not valid:\n${z.prettifyError(parsed.error)}`);
  return ok(parsed.data);
}

/** `extra` over `base`: a version or alias of the same name is replaced. An alias to a version that nobody defines is an error,
 * and so are two versions on one endpoint, one from each. */
export function mergeCatalogues(base: Catalogue, extra: Catalogue): Result<Catalogue, string> {
  const byId = new Map<string, ModelVersion>(base.versions.map((each) => [each.id, each]));
  for (const each of extra.versions) byId.set(each.id, each);
  const aliases = { ...base.aliases, ...extra.aliases };
  for (const [alias, id] of Object.entries(aliases)) {
    if (!byId.has(id)) return err(`the model name "${alias}" stands for "${id}", which no version has`);
  }
  const versions = [...byId.values()];
  const shared = findSharedEndpoint(versions);
  if (shared !== null) return err(`launch.endpoint of "${versions[shared.index]?.id}": ${shared.message}`);
  const astray = findAstray(versions, byId);
  return astray === null ? ok({ versions, aliases }) : err(astray);
}

/** What a version names as its other places must be there, be another version, and do the same work. */
function findAstray(
  versions: readonly ModelVersion[],
  byId: ReadonlyMap<string, ModelVersion>,
): string | null {
  for (const { id, task, elsewhere = [] } of versions) {
    for (const other of elsewhere) {
      const found = byId.get(other);
      const fault =
        found === undefined
          ? 'which no version has'
          : other === id
            ? 'which is the version itself'
            : found.task !== task
              ? `which is for another task (${found.task})`
              : null;
      if (fault !== null) return `elsewhere of "${id}" names "${other}", ${fault}`;
    }
  }
  return null;
}
