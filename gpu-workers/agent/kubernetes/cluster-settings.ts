// The agent's environment as far as Kubernetes is concerned, parsed once. Owns names, defaults and bounds. Pure: files are read by
// whoever calls.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import { orNull, parseNumber, type Variables } from '../variables.ts';

export interface ClusterSettings {
  /** The API server's URL without a path: `https://10.0.0.1:443`. */
  readonly url: string;
  /** Read anew for every call: both are replaced while the agent runs. A null CA is the system's own list. */
  readonly tokenFile: string;
  readonly caFile: string | null;
  readonly namespace: string;
  /** Our name as an owner of fields. */
  readonly fieldManager: string;
  /** Whether fields are taken from another owner. */
  readonly force: boolean;
  readonly gpusMax: number;
  readonly sweepMs: number;
  readonly endsWithAgent: boolean;
}

export const clusterSettingsHelp = `  KUBERNETES_API_URL      the API server (default: the one of the cluster that the agent runs in)
  KUBERNETES_TOKEN_FILE, KUBERNETES_CA_FILE   a service account's token and the API server's CA, read anew for every call (default: those
                          that a pod is given; the CA "system" = this machine's own list)
  KUBERNETES_NAMESPACE    where models are looked for that name no namespace (default: the pod's own)
  KUBERNETES_FIELD_MANAGER our name as owner of the fields we set (default "pilotlight"); two agents of one cluster need two names
  KUBERNETES_FORCE        1 = take fields from another owner; 0 = refuse, and say who has them (default)
  KUBERNETES_GPUS_MAX     most GPUs that all models on it may have at once (default 4)
  KUBERNETES_ON_END       keep = pods outlive the agent, and the next one goes on with them (default); stop = scaled to zero with it
  KUBERNETES_SWEEP_MS     what is set is compared with what is wanted this often (default 10000)`;

/** Where every pod finds its service account. */
const mounted = '/var/run/secrets/kubernetes.io/serviceaccount';
const gpusMaxMax = 1_000;

/** `readText` gives null for a file that cannot be read. */
export function parseClusterSettings(
  env: Variables,
  readText: (file: string) => string | null,
): Result<ClusterSettings, string> {
  const url = parseUrl(env);
  if (!url.ok) return url;
  const files = parseFiles(env, readText);
  if (!files.ok) return files;
  const names = parseNames(env, readText);
  if (!names.ok) return names;
  const force = orNull(env['KUBERNETES_FORCE']) ?? '0';
  if (force !== '0' && force !== '1') return err('KUBERNETES_FORCE must be 0 or 1');
  const onEnd = orNull(env['KUBERNETES_ON_END']) ?? 'keep';
  if (onEnd !== 'keep' && onEnd !== 'stop') return err('KUBERNETES_ON_END must be keep or stop');
  const gpusMax = parseNumber(env, 'KUBERNETES_GPUS_MAX', 4, [1, gpusMaxMax]);
  if (!gpusMax.ok) return gpusMax;
  const sweepMs = parseNumber(env, 'KUBERNETES_SWEEP_MS', 10_000, [100, 3_600_000]);
  if (!sweepMs.ok) return sweepMs;
  return ok({
    ...files.value,
    ...names.value,
    url: url.value,
    force: force === '1',
    gpusMax: gpusMax.value,
    sweepMs: sweepMs.value,
    endsWithAgent: onEnd === 'stop',
  });
}

function parseNames(
  env: Variables,
  readText: (file: string) => string | null,
): Result<Pick<ClusterSettings, 'namespace' | 'fieldManager'>, string> {
  const namespace = orNull(env['KUBERNETES_NAMESPACE']) ?? readText(`${mounted}/namespace`)?.trim() ?? '';
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
    return err('KUBERNETES_NAMESPACE must name a namespace: small letters, digits and dashes');
  const fieldManager = orNull(env['KUBERNETES_FIELD_MANAGER']) ?? 'pilotlight';
  if (!/^[A-Za-z0-9._-]{1,63}$/.test(fieldManager))
    return err('KUBERNETES_FIELD_MANAGER must be 1 to 63 letters, digits, dots, dashes and underscores');
  return ok({ namespace, fieldManager });
}

function parseUrl(env: Variables): Result<string, string> {
  const given = orNull(env['KUBERNETES_API_URL']);
  if (given !== null) {
    // The token goes along with every call.
    if (/^https:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(given)) return ok(given.replace(/\/$/, ''));
    return err('KUBERNETES_API_URL must be an https URL without a path: https://10.0.0.1:6443');
  }
  const host = orNull(env['KUBERNETES_SERVICE_HOST']);
  if (host === null)
    return err(
      'a model is launched on Kubernetes, and the agent does not run in a cluster: set KUBERNETES_API_URL, KUBERNETES_TOKEN_FILE and KUBERNETES_CA_FILE',
    );
  const name = host.includes(':') ? `[${host}]` : host;
  return ok(`https://${name}:${orNull(env['KUBERNETES_SERVICE_PORT']) ?? '443'}`);
}

function parseFiles(
  env: Variables,
  readText: (file: string) => string | null,
): Result<Pick<ClusterSettings, 'tokenFile' | 'caFile'>, string> {
  const tokenFile = orNull(env['KUBERNETES_TOKEN_FILE']) ?? `${mounted}/token`;
  if ((readText(tokenFile) ?? '').trim() === '')
    return err(
      `there is no token in ${tokenFile}: KUBERNETES_TOKEN_FILE must name a service account's token`,
    );
  const caFile = orNull(env['KUBERNETES_CA_FILE']) ?? `${mounted}/ca.crt`;
  if (caFile === 'system') return ok({ tokenFile, caFile: null });
  if (!(readText(caFile) ?? '').includes('-----BEGIN CERTIFICATE-----'))
    return err(
      `there is no certificate in ${caFile}: KUBERNETES_CA_FILE must name the API server's CA (PEM)`,
    );
  return ok({ tokenFile, caFile });
}
