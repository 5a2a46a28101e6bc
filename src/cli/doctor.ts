// The doctor proper (doctor.mjs starts it): looks at everything that npm run dev or a deployment needs, and says what is missing and how to
// mend it. Changes nothing. Each look is in doctor/.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { deployable, type Deployable } from './deploy/options.ts';
import { agentGiven, checkAgent } from './doctor/check-agent.ts';
import {
  checkDashboard,
  checkDisk,
  checkFreePorts,
  checkNative,
  checkWrangler,
} from './doctor/check-machine.ts';
import { checkModalOwner } from './doctor/check-modal-owner.ts';
import { checkModels, readExtra, readVersions } from './doctor/check-models.ts';
import { checkPlaces } from './doctor/check-places.ts';
import { checkConfig } from './doctor/check-config.ts';
import { checkStore } from './doctor/check-store.ts';
import { checkUpstreams, docOf, type WorkerSide } from './doctor/check-upstreams.ts';
import { fine, renderFindings, unknown, wrong, type Finding } from './doctor/finding.ts';
import { readSettings, type DevSettings } from './dev/settings.ts';
import { readStatus } from './dev/status-file.ts';

const root = resolve(import.meta.dirname, '../..');

const help = `npm run doctor [-- --env dev|staging|production] [--json]

Names what is missing for npm run dev (the default) or for a deployment, and how to mend it. Changes nothing.
Exit code 1 when something is wrong.

  --env NAME   dev: this machine, as npm run dev or an agent would use it, with the same environment variables
               staging, production: also the account, the secrets, what the Worker says of its configuration and
               needs for its models and its store, and the agent at AGENT_URL of wrangler.toml
  --json       {"ok", "findings": [{"id", "state", "what", "remedy"}]}

AGENT_URL, AGENT_TOKEN   another agent than the one that the environment names`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      env: { type: 'string', default: 'dev' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(help);
  const env = deployable.find((each) => each === values.env);
  if (env === undefined && values.env !== 'dev')
    throw new Error(`--env must be dev, ${deployable.join(' or ')}`);
  const tools = [fine('node', `version ${process.versions.node}`), checkWrangler(root), checkDashboard(root)];
  const rest = env === undefined ? await checkDev() : await checkEnvironment(env);
  const findings = [...tools, ...rest];
  const isWell = findings.every(({ state }) => state !== 'wrong');
  console.log(values.json ? JSON.stringify({ ok: isWell, findings }, null, 2) : renderFindings(findings));
  process.exitCode = isWell ? 0 : 1;
}

/** Loaded when it is asked for: it brings wrangler, which takes a second, and which may be what is missing. */
async function checkEnvironment(env: Deployable): Promise<readonly Finding[]> {
  const { checkDeployment } = await import('./doctor/check-deployment.ts');
  return checkDeployment(root, env);
}

/** What npm run dev needs, and what the machine of an agent needs. */
async function checkDev(): Promise<readonly Finding[]> {
  const settings = orWrong();
  const agent = await checkDevAgent(settings);
  if ('state' in settings) return [checkNative(root), settings, ...agent];
  const ports = await checkFreePorts(settings);
  const models = [...checkModels(settings), ...(await checkElsewhere(settings))];
  return [checkNative(root), ...models, checkDisk(settings), ports, ...agent];
}

/** Models that run on other machines: what the agent and the Worker of npm run dev have for them. */
async function checkElsewhere(settings: DevSettings): Promise<readonly Finding[]> {
  const versions = readVersions(settings);
  // The settings of an agent elsewhere are not in this environment.
  const isHere = agentGiven() === null;
  const places = isHere ? checkPlaces(versions, process.env) : [];
  const owner = isHere
    ? checkModalOwner(versions, process.env['MODAL_OWNER'], 'where the agent is started')
    : [];
  const side: WorkerSide = {
    environment: 'dev',
    env: { ENVIRONMENT: 'dev', ...settings.workerVars, EXTRA_MODELS: readExtra(settings) },
    knowsSecrets: true,
    remedyOf: (name) =>
      name === 'EXTRA_MODELS'
        ? `mend the model in ${settings.modelsFile ?? 'gpu-workers/models.ts'} (docs/endpoints.md)`
        : `set PILOTLIGHT_${name} in the environment of npm run dev (${docOf(name)})`,
  };
  const needs = [...places, ...owner, ...checkUpstreams(versions, side), ...(await checkStore(side))];
  return [...needs, ...checkConfig(side, needs)];
}

/** The settings of npm run dev, or what is wrong with them. */
function orWrong(): DevSettings | Finding {
  try {
    return readSettings(process.env);
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    return wrong('settings', what, 'correct the environment variable; "npm run dev -- --help" lists them');
  }
}

async function checkDevAgent(settings: DevSettings | Finding): Promise<readonly Finding[]> {
  const given = agentGiven();
  if (given !== null) return checkAgent(given);
  const status = 'state' in settings ? null : readStatus(settings.stateDir);
  if (status === null) return [unknown('agent', 'npm run dev, which starts one, does not run')];
  const url = `http://127.0.0.1:${status.agentPort}`;
  return checkAgent({
    url,
    token: null,
    urlIn: 'AGENT_PORT',
    tokenIn: 'npm run dev makes one at each start',
  });
}

await main().catch((cause: unknown) => {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 2;
});
