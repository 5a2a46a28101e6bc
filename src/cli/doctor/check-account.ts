// What a deployment needs of the account and of the files beside it: the login, its secrets, the file that holds them on this machine.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readSecretNames, whyNotLoggedIn } from '../deploy/deployed.ts';
import type { Deployable } from '../deploy/options.ts';
import type { EnvironmentConfig } from '../deploy/triggers.ts';
import { fine, unknown, wrong, type Finding } from './finding.ts';

export interface SecretsFile {
  readonly file: string;
  /** Null = there is no such file. */
  readonly values: Readonly<Record<string, string | undefined>> | null;
}

export function readSecretsFile(root: string, env: Deployable): SecretsFile {
  const file = `.dev.vars.${env}`;
  const path = join(root, file);
  return { file, values: existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : null };
}

export function checkSecretsFile({ file, values }: SecretsFile, required: readonly string[]): Finding {
  if (values === null) {
    const what = `${file} is not there: what the first deployment sets, and what the agent's token is compared with`;
    return wrong('environment-file', what, `cp .dev.vars.example ${file}, and fill it in`);
  }
  const missing = required.filter((name) => (values[name] ?? '') === '');
  if (missing.length === 0) return fine('environment-file', `${file} has ${required.join(', ')}`);
  return wrong(
    'environment-file',
    `${file} gives no value for ${missing.join(', ')}`,
    '.dev.vars.example says how each is made',
  );
}

export interface AccountLook {
  readonly findings: readonly Finding[];
  /** Of the Worker that is deployed; null = they cannot be read, or there is no such Worker yet. */
  readonly secretNames: readonly string[] | null;
}

export async function checkAccount(
  root: string,
  env: Deployable,
  config: EnvironmentConfig,
): Promise<AccountLook> {
  const told = (secrets: Finding, secretNames: readonly string[] | null = null): AccountLook => ({
    findings: [fine('login', 'wrangler is logged in'), secrets],
    secretNames,
  });
  const whyNot = await whyNotLoggedIn(root);
  if (whyNot !== null) {
    const [first = '', ...rest] = whyNot.split('\n');
    const login = wrong('login', first, rest.join('\n').trim());
    return { findings: [login, unknown('secrets', 'nobody is logged in')], secretNames: null };
  }
  const names = await readSecretNames(root, env);
  if (!names.ok) return told(unknown('secrets', names.error));
  if (names.value === null) {
    const remedy = `npm run deploy -- --env ${env} --secrets-file .dev.vars.${env}`;
    return told(wrong('secrets', `${config.worker} has never been deployed`, remedy));
  }
  const missing = config.requiredSecrets.filter((name) => !names.value?.includes(name));
  if (missing.length === 0)
    return told(fine('secrets', `${config.requiredSecrets.join(', ')} are set`), names.value);
  const remedy = missing.map((name) => `npx wrangler secret put ${name} --env ${env}`).join('\n');
  return told(wrong('secrets', `${config.worker} lacks ${missing.join(', ')}`, remedy), names.value);
}
