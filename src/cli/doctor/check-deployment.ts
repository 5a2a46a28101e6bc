// What a deployment needs beyond this machine: its part of wrangler.toml, the account, its secrets, and the agent that it names.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployable } from '../deploy/options.ts';
import { readEnvironment } from '../deploy/triggers.ts';
import { checkAccount, checkSecretsFile, readSecretsFile } from './check-account.ts';
import { agentGiven, checkAgent } from './check-agent.ts';
import { warning, wrong, type Finding } from './finding.ts';

export async function checkDeployment(root: string, env: Deployable): Promise<readonly Finding[]> {
  const file = join(root, 'wrangler.toml');
  const config = existsSync(file) ? readEnvironment(readFileSync(file, 'utf8'), env) : null;
  if (config === null) return [wrong('wrangler.toml', `there is no [env.${env}]`, 'restore wrangler.toml')];
  const secrets = readSecretsFile(root, env);
  const account = [
    checkSecretsFile(secrets, config.requiredSecrets),
    ...(await checkAccount(root, env, config)),
  ];
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
