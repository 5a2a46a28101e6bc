// What the Worker says of its configuration, by the Worker's own parse of it: a deployment that it refuses serves nothing (503 not_configured).
// Says nothing twice: what another look has named is left to it. Pure.
import { parseConfig } from '../../config.ts';
import { isSecretName, type WorkerSide } from './check-upstreams.ts';
import { fine, unknown, wrong, type Finding } from './finding.ts';

/** In the place of a secret that is set and that nobody may read. */
export const unreadable = 'set';

/** `told`: what has been found before. */
export function checkConfig(side: WorkerSide, told: readonly Finding[]): readonly Finding[] {
  const parsed = parseConfig({ ...side.env, ...readable(side) });
  if (parsed.ok) return [fine('config', 'the Worker takes its configuration')];
  const { variables, reason } = parsed.error;
  const isTold = told
    .filter(({ state }) => state !== 'ok')
    .some(
      ({ what, remedy }) =>
        reason.includes(what) || variables.every((name) => `${what} ${remedy ?? ''}`.includes(name)),
    );
  if (isTold) return [];
  const what = `the Worker serves nothing (503 not_configured): ${reason}`;
  if (!side.knowsSecrets && variables.every(isSecretName))
    return [unknown('config', `${what}, as far as is known here`)];
  return [wrong('config', what, variables.map(side.remedyOf).join('\n'))];
}

/** What has a form, in the place of secrets that are set and cannot be read. */
const formed = { ADMIN_TOKEN_SHA256: '0'.repeat(64), REPLICA_KEY: '0'.repeat(16) } as const;

/** A digest or a key that is set and cannot be read is taken to be one. */
function readable({ env }: WorkerSide): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(formed).filter(([name]) => env[name] === unreadable));
}
