// What a deployment needs beyond this machine: its part of wrangler.toml, the account, its secrets, and the agent that it names.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue as builtIn } from '../../../gpu-workers/models.ts';
import { mergeCatalogues, parseCatalogue } from '../../core/registry/parse-catalogue.ts';
import type { Deployable } from '../deploy/options.ts';
import { readEnvironment, type EnvironmentConfig } from '../deploy/triggers.ts';
import { checkAccount, checkSecretsFile, readSecretsFile } from './check-account.ts';
import { agentGiven, checkAgent } from './check-agent.ts';
import { checkConfig, unreadable } from './check-config.ts';
import { checkStore } from './check-store.ts';
import { checkReplicaKeys, checkUpstreams, docOf, isSecretName, type WorkerSide } from './check-upstreams.ts';
import { warning, wrong, type Finding } from './finding.ts';

export async function checkDeployment(root: string, env: Deployable): Promise<readonly Finding[]> {
  const file = join(root, 'wrangler.toml');
  const config = existsSync(file) ? readEnvironment(readFileSync(file, 'utf8'), env) : null;
  if (config === null) return [wrong('wrangler.toml', `there is no [env.${env}]`, 'restore wrangler.toml')];
  const secrets = readSecretsFile(root, env);
  const { findings, secretNames } = await checkAccount(root, env, config);
  const before = [checkSecretsFile(secrets, config.requiredSecrets), ...findings];
  const side = workerSide(env, config, { file: secrets.values, deployed: secretNames });
  const needs = [...checkWorkerModels(env, side), ...(await checkStore(side))];
  const account = [...before, ...needs, ...checkConfig(side, [...before, ...needs])];
  const given = agentGiven();
  if (given !== null) return [...account, ...(await checkAgent(given))];
  const url = config.agentUrl;
  if (url === '') {
    const remedy = `write where the agent can be reached into AGENT_URL under [env.${env}.vars] (docs/deploy.md)`;
    return [...account, warning('agent', `${env} has no agent, so it has no replicas of its own`, remedy)];
  }
  const token = secrets.values?.['AGENT_TOKEN'] ?? '';
  const place = {
    url: url.replace(/\/$/, ''),
    token: token === '' ? null : token,
    urlIn: `AGENT_URL under [env.${env}.vars] of wrangler.toml`,
    tokenIn: `AGENT_TOKEN in ${secrets.file}, then npx wrangler secret put AGENT_TOKEN --env ${env}`,
  };
  return [...account, ...(await checkAgent(place))];
}

interface KnownSecrets {
  /** Of the file on this machine; null = there is none. */
  readonly file: Readonly<Record<string, string | undefined>> | null;
  /** Names of those that the deployed Worker has; null = not known, or never deployed. */
  readonly deployed: readonly string[] | null;
}

/** What the models that this environment serves need of the Worker. */
function checkWorkerModels(env: Deployable, side: WorkerSide): readonly Finding[] {
  const { EXTRA_MODELS: text = '' } = side.env;
  const extra = text === '' ? null : parseCatalogue(String(text));
  const merged = extra === null || !extra.ok ? extra : mergeCatalogues(builtIn, extra.value);
  if (merged !== null && !merged.ok)
    return [wrong('models', merged.error, `mend ${modelsIn(env)} (docs/models.md has its form)`)];
  const { versions } = merged?.value ?? builtIn;
  return [...checkUpstreams(versions, side), ...checkReplicaKeys(versions, side)];
}

/** The Worker as its part of wrangler.toml and its secrets make it. */
function workerSide(env: Deployable, { vars }: EnvironmentConfig, known: KnownSecrets): WorkerSide {
  return {
    environment: env,
    env: { ...vars, ...secretsOf(known) },
    knowsSecrets: known.file !== null || known.deployed !== null,
    remedyOf: (name) => {
      if (name === 'EXTRA_MODELS')
        return `mend ${modelsIn(env)}, or gpu-workers/models.ts (docs/endpoints.md)`;
      if (isSecretName(name)) return `npx wrangler secret put ${name} --env ${env}`;
      return `set ${name} under [env.${env}.vars] of wrangler.toml (${docOf(name)})`;
    },
  };
}

function modelsIn(env: Deployable): string {
  return `EXTRA_MODELS under [env.${env}.vars] of wrangler.toml`;
}

/** What is deployed counts. Before there is anything, the file does, which the first deployment sets. */
function secretsOf({ file, deployed }: KnownSecrets): Readonly<Record<string, string | undefined>> {
  if (deployed === null) return file ?? {};
  const valueOf = (name: string): string => file?.[name] ?? '';
  return Object.fromEntries(
    deployed.map((name) => [name, valueOf(name) === '' ? unreadable : valueOf(name)]),
  );
}
