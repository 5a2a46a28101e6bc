// `npm run deploy -- --env X`: checks, what would change, the deployment, a smoke test, and the command that takes it back. Owns the
// order; each step is in deploy/.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { bundleWorker, gzipBytesMax, kib, type Bundle } from './deploy/bundle.ts';
import { compareDeployment, newMigrations, type Deployed } from './deploy/compare.ts';
import { readDeployed, whyNotLoggedIn } from './deploy/deployed.ts';
import { cleanCommit, fileAt } from './deploy/git.ts';
import { deployHelp, parseDeployOptions, type DeployOptions } from './deploy/options.ts';
import { performDeploy } from './deploy/perform-deploy.ts';
import { smokeTest } from './deploy/smoke.ts';
import { measureStartup, startupCpuMsMax } from './deploy/startup.ts';
import { readEnvironment, type EnvironmentConfig } from './deploy/triggers.ts';

const root = resolve(import.meta.dirname, '../..');
const configFile = 'wrangler.toml';

/** What ends the command is said in one line for people. */
class Refusal extends Error {}

async function main(): Promise<void> {
  const options = parseDeployOptions(process.argv.slice(2));
  if (!options.ok) throw new Refusal(`${options.error}\n\n${deployHelp}`);
  if (options.value === 'help') return console.log(deployHelp);
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-deploy-'));
  try {
    await deploy(options.value, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function deploy(options: DeployOptions, folder: string): Promise<void> {
  const { env, dryRun } = options;
  const config = readEnvironment(readFileSync(join(root, configFile), 'utf8'), env);
  if (config === null) throw new Refusal(`${configFile} has no [env.${env}]`);
  const given = readSecrets(options.secretsFile);
  const whyNot = await whyNotLoggedIn(root);
  const loggedIn = whyNot === null;
  if (!loggedIn && !dryRun) throw new Refusal(`${whyNot}\n--dry-run needs no login.`);
  if (!options.skipChecks) check();
  const bundle = await weigh(env, folder);
  const deployed = loggedIn ? orRefuse(await readDeployed(root, env)) : null;
  const before = deployed === null ? null : configOfCommit(deployed, env);
  if (loggedIn) sayChanges({ bundle, config, deployed, before, env });
  else console.log('changes   not known: wrangler is not logged in');
  if (loggedIn) checkSecrets(options, { config, deployed, given });
  if (dryRun) return console.log('dry run   nothing was changed');
  const commit = cleanCommit(root);
  const done = orRefuse(await performDeploy({ root, env, commit, folder, secretsFile: options.secretsFile }));
  console.log(
    `deployed  version ${done.versionId}${commit === null ? ', from sources that are not committed' : ` of ${commit}`}`,
  );
  await smoke(options, done);
  sayRollback({ env, deployed, config, before });
}

function check(): void {
  console.log('checks    npm run check');
  const { status } = spawnSync('npm', ['run', '--silent', 'check'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Refusal('npm run check fails: nothing is deployed');
}

async function weigh(env: string, folder: string): Promise<Bundle> {
  const bundle = orRefuse(await bundleWorker({ root, env, folder }));
  const { bytes, gzipBytes } = bundle;
  console.log(
    `bundle    ${kib(bytes)} KiB, ${kib(gzipBytes)} KiB gzip of at most ${kib(gzipBytesMax)}; no warning`,
  );
  const startMs = orRefuse(await measureStartup(root, bundle.file));
  console.log(`start-up  ${startMs} ms of CPU on this machine; the platform allows ${startupCpuMsMax}`);
  return bundle;
}

interface Change {
  readonly env: string;
  readonly bundle: Bundle;
  readonly config: EnvironmentConfig;
  readonly deployed: Deployed | null;
  readonly before: EnvironmentConfig | null;
}

function sayChanges({ bundle, config, deployed, before, env }: Change): void {
  if (deployed === null) return console.log(`changes   ${env} has never been deployed: all of it is new`);
  const lines = compareDeployment({ upload: bundle.upload, config }, deployed, before);
  const since = `version ${deployed.versionId} of ${deployed.createdOn}`;
  console.log(`changes   since ${since}:${lines.length === 0 ? ' only code and assets' : ''}`);
  for (const line of lines) console.log(`  ${line}`);
}

function configOfCommit({ commit }: Deployed, env: string): EnvironmentConfig | null {
  const toml = commit === null ? null : fileAt(root, commit, configFile);
  return toml === null ? null : readEnvironment(toml, env);
}

function readSecrets(file: string | null): readonly string[] {
  if (file === null) return [];
  if (!existsSync(file))
    throw new Refusal(`the file of secrets ${file} does not exist: copy .dev.vars.example`);
  const entries = Object.entries(parseEnv(readFileSync(file, 'utf8')));
  const empty = entries.filter(([, value]) => value === '').map(([name]) => name);
  if (empty.length > 0) throw new Refusal(`${file} gives no value for ${empty.join(', ')}`);
  return entries.map(([name]) => name);
}

function checkSecrets(
  { env, dryRun }: DeployOptions,
  { config, deployed, given }: Pick<Change, 'config' | 'deployed'> & { readonly given: readonly string[] },
): void {
  const set = new Set([
    ...given,
    ...(deployed?.bindings ?? []).filter(({ type }) => type === 'secret_text').map(({ name }) => name),
  ]);
  const missing = config.requiredSecrets.filter((name) => !set.has(name));
  if (missing.length === 0) return;
  const remedy =
    deployed === null
      ? `a Worker that does not exist yet takes none by itself: give them with the first deployment,\n  npm run deploy -- --env ${env} --secrets-file .dev.vars.${env}     (copy .dev.vars.example)`
      : missing.map((name) => `  npx wrangler secret put ${name} --env ${env}`).join('\n');
  const words = `secrets that ${configFile} requires are not set: ${missing.join(', ')}\n${remedy}`;
  if (!dryRun) throw new Refusal(words);
  console.log(`secrets   ${words}`);
}

async function smoke(
  options: DeployOptions,
  done: { readonly versionId: string; readonly urls: readonly string[] },
): Promise<void> {
  const url = options.url ?? done.urls[0];
  if (url === undefined) throw new Refusal('wrangler names no address to ask: give one with --url');
  console.log(`smoke     ${url}`);
  const key = process.env['PILOTLIGHT_SMOKE_KEY'] ?? '';
  const wrong = await smokeTest({
    url,
    environment: options.env,
    versionId: done.versionId,
    key: key === '' ? null : key,
    patienceMs: options.patienceMs,
    print: (line) => console.log(`  ${line}`),
  });
  if (wrong.length === 0) return;
  console.error('the deployment is not well; the command below takes it back');
  process.exitCode = 1;
}

function sayRollback({ env, deployed, config, before }: Omit<Change, 'bundle'>): void {
  if (deployed === null) return console.log('rollback  none: this is the first version');
  const added = before === null ? [] : newMigrations(config, before);
  if (added.length > 0) {
    console.log(
      `rollback  none: the platform does not go back across a migration (${added.join(', ')}); mend and deploy again`,
    );
    return;
  }
  console.log(
    `rollback  npx wrangler rollback ${deployed.versionId} --env ${env} --message "bad deployment" --yes`,
  );
}

function orRefuse<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string },
): T {
  if (result.ok) return result.value;
  throw new Refusal(result.error);
}

main().catch((cause: unknown) => {
  console.error(cause instanceof Refusal ? `refused: ${cause.message}` : cause);
  process.exitCode = 1;
});
