// What the Worker needs for models that are not on the agent's machine: hosts and keys of those that it reaches by itself, and keys that
// replicas elsewhere ask for. Reads the Worker's own parsers; asks nobody. Pure.
import { z } from 'zod';
import { isEdgeLaunch, readUpstreams } from '../../backends/upstream/read-upstreams.ts';
import { accessOf, upstreamVariables } from '../../backends/upstream/upstream-variables.ts';
import type { ModelVersion } from '../../core/registry/model.ts';
import { isOpenWithoutKey } from './check-places.ts';
import { fine, unknown, wrong, type Finding } from './finding.ts';

/** The Worker as it is known here. */
export interface WorkerSide {
  readonly environment: 'dev' | 'staging' | 'production';
  /** Variables and secrets; a secret that is set with a value that nobody may read has another text in its place. */
  readonly env: Readonly<Record<string, unknown>>;
  /** Whether it is known which secrets it has. */
  readonly knowsSecrets: boolean;
  /** What to do about a variable or a secret that is missing or wrong. */
  readonly remedyOf: (name: string) => string;
}

const variables = z.object({ ...upstreamVariables, ENVIRONMENT: z.string() });

/** Those that hold a secret, by how all of them are called. */
export function isSecretName(name: string): boolean {
  return /^UPSTREAM_KEY_|_(?:KEY|TOKEN|SECRET|PROXY_ID|TOKEN_SHA256)$/.test(name);
}

/** Where to read about a variable that is no secret. */
export function docOf(name: string): string {
  if (/^(?:EDGE_STORE$|UPSTASH_)/.test(name)) return 'docs/store.md';
  return /^(?:UPSTREAM_|RUNPOD_|WORKERS_AI_)/.test(name) ? 'docs/endpoints.md' : 'docs/deploy.md';
}

/** Models that the Worker reaches without an agent. Nothing where there are none. */
export function checkUpstreams(versions: readonly ModelVersion[], side: WorkerSide): readonly Finding[] {
  const reached = versions.filter(({ launch }) => isEdgeLaunch(launch));
  if (reached.length === 0) return [];
  const vars = variables.safeParse({ ...side.env, ENVIRONMENT: side.environment });
  if (!vars.success) {
    return vars.error.issues.map(({ path, message }) => {
      const name = String(path[0] ?? '');
      return wrong('upstreams', `${name} ${message}`, side.remedyOf(name));
    });
  }
  const access = accessOf(vars.data, side.env);
  const faults = reached.flatMap((version) => {
    const read = readUpstreams({ versions: [version] }, access);
    return read.ok ? [] : [read.error];
  });
  if (faults.length === 0)
    return [fine('upstreams', `the Worker has hosts and keys for ${reached.map(({ id }) => id).join(', ')}`)];
  return faults.map(({ variables: [name = ''], reason }) =>
    // What to do stands in the remedy.
    tellMissing('upstreams', name, reason.replace(/: (?:npx wrangler|add it there).*$/, ''), side),
  );
}

/** Models of the agent whose replicas ask for a key. Nothing where there are none. */
export function checkReplicaKeys(versions: readonly ModelVersion[], side: WorkerSide): readonly Finding[] {
  const has = (name: string): boolean => typeof side.env[name] === 'string' && side.env[name] !== '';
  const open = versions.find(isOpenWithoutKey);
  const pods = versions.find(isShownKey);
  const findings: Finding[] = [];
  if (open !== undefined && !has('REPLICA_KEY')) {
    const what = `${open.id} answers nobody without the agent’s REPLICA_KEY, and the Worker has none`;
    findings.push(tellMissing('replica-key', 'REPLICA_KEY', what, side));
  } else if (pods !== undefined && !has('REPLICA_KEY')) {
    const what = `the pods of ${pods.id} ask for REPLICA_KEY as the manifests have it, or answer anybody; the Worker has none`;
    findings.push(tellMissing('replica-key', 'REPLICA_KEY', what, side));
  }
  const [half, other] = has('MODAL_PROXY_ID')
    ? (['MODAL_PROXY_ID', 'MODAL_PROXY_SECRET'] as const)
    : (['MODAL_PROXY_SECRET', 'MODAL_PROXY_ID'] as const);
  if (has(half) && !has(other))
    findings.push(tellMissing('modal-proxy', other, `${half} is set without ${other}`, side));
  return findings;
}

/** Pods whose manifests (gpu-workers/kubernetes) ask for it, and that are reached over TLS: it is sent to no others. */
function isShownKey({ launch }: ModelVersion): boolean {
  return launch.kind === 'kubernetes' && launch.endpoint?.startsWith('http://') !== true;
}

/** About a variable or a secret that is not there: not known to be, where secrets cannot be looked at. */
export function tellMissing(id: string, name: string, what: string, side: WorkerSide): Finding {
  if (isSecretName(name) && !side.knowsSecrets) return unknown(id, `${what}, as far as is known here`);
  const how = name === 'REPLICA_KEY' ? 'the agent’s own, or a new one for both (openssl rand -hex 24): ' : '';
  return wrong(id, what, how + side.remedyOf(name));
}
