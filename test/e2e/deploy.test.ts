// `npm run deploy` as a whole: the real command, the real wrangler, a test server that speaks Cloudflare's API, and in the place of the
// network the runtime itself, which serves exactly what was uploaded. The real service was never asked.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plantEdits } from '../chaos/plants.ts';
import { CloudflareApi, type StoredVersion } from '../support/cloudflare-api.ts';
import { findFreePort, pilotlightObjects, startRawWorker, waitForHttp } from '../support/raw-workerd.ts';
import { endChild } from '../support/stack.ts';

const api = new CloudflareApi();
const state = mkdtempSync(join(tmpdir(), 'pilotlight-deployed-'));
const secrets = join(state, 'secrets');
const startMsMax = 30_000;
let copy: string;
let port: number;
let worker: ChildProcess | null = null;
let serving: StoredVersion | null = null;

/** Serves the files of the version that serves. */
const assets = createServer((request, response) => {
  const path = request.url === '/' ? '/index.html' : (request.url ?? '');
  const file = serving?.assets.get(path);
  response.writeHead(file === undefined ? 404 : 200, { 'content-type': 'text/html' }).end(file);
});

/** Runs what was uploaded, with the bindings that were uploaded with it. */
async function serve(_script: string, version: StoredVersion): Promise<void> {
  if (worker !== null) await endChild(worker);
  serving = version;
  const modulePath = join(state, 'uploaded.js');
  writeFileSync(modulePath, version.module);
  const texts = version.bindings.filter(({ type }) => type === 'plain_text' || type === 'secret_text');
  const objects = version.bindings.filter(({ type }) => type === 'durable_object_namespace');
  expect(Object.fromEntries(objects.map((each) => [each.name, each['class_name']]))).toEqual(
    pilotlightObjects,
  );
  const address = assets.address();
  worker = startRawWorker(
    {
      modulePath,
      port,
      stateDir: state,
      objects: pilotlightObjects,
      vars: Object.fromEntries(texts.map((each) => [each.name, String(each['text'])])),
      json: { VERSION: { id: version.id, tag: '', timestamp: '' } },
      servers: { ASSETS: `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}` },
    },
    [],
    { quiet: true },
  );
}

interface End {
  readonly code: number | null;
  readonly words: string;
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<End> {
  const { CLOUDFLARE_API_TOKEN: _token, CLOUDFLARE_ACCOUNT_ID: _account, ...rest } = process.env;
  // Nobody is logged in at a home that is empty.
  const child = spawn(command, [...args], {
    cwd: copy,
    env: { ...rest, HOME: state, XDG_CONFIG_HOME: state, ...env },
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (words += text));
  const { promise, resolve } = Promise.withResolvers<End>();
  child.once('close', (code) => resolve({ code, words }));
  return promise;
}

function deploy(args: readonly string[], env: Readonly<Record<string, string>> = api.env): Promise<End> {
  const all = ['src/cli/deploy.ts', '--skip-checks', '--url', `http://127.0.0.1:${port}`, ...args];
  return run(process.execPath, all, { PILOTLIGHT_SMOKE_KEY: 'sk-pilotlight-dev', ...env });
}

function edit(file: string, find: string, replace: string): void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(find);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}

function commit(message: string): void {
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  spawnSync('git', ['add', '--all'], { cwd: copy });
  const { status, stderr } = spawnSync('git', [...author, 'commit', '--quiet', '-m', message], { cwd: copy });
  if (status !== 0) throw new Error(String(stderr));
}

const changes = (): readonly string[] => api.calls.filter((call) => !call.startsWith('GET '));

beforeAll(async () => {
  const key = { file: 'tenants/demo.json', find: '["dev"]', replace: '["dev", "staging"]' };
  copy = plantEdits('deploy', [key]);
  writeFileSync(join(copy, '.gitignore'), 'node_modules\ndist\n.wrangler\n');
  spawnSync('git', ['init', '--quiet'], { cwd: copy });
  commit('first');
  await api.start();
  await new Promise<void>((done) => assets.listen(0, '127.0.0.1', done));
  port = await findFreePort();
  api.onActive = serve;
  writeFileSync(secrets, `AGENT_TOKEN=agent-token\nADMIN_TOKEN_SHA256=${'a'.repeat(64)}\n`);
});

afterAll(async () => {
  if (worker !== null) await endChild(worker);
  api.stop();
  assets.close();
  for (const folder of [copy, state]) rmSync(folder, { recursive: true, force: true });
});

describe('a dry run', () => {
  test.each(['staging', 'production'])(
    'of %s needs no login, has no warning, and prints size and start',
    async (env) => {
      const { code, words } = await deploy(['--env', env, '--dry-run'], {});
      expect(words).toMatch(/bundle {4}\d+ KiB, \d+ KiB gzip of at most 1024; no warning/);
      expect(words).toMatch(/start-up {2}[\d.]+ ms of CPU/);
      // For whoever reads the log of the tests.
      console.log([env, ...(words.match(/^(?:bundle|start-up) .*$/gm) ?? [])].join('\n  '));
      expect(words).toContain('not known: wrangler is not logged in');
      expect(words).toContain('nothing was changed');
      expect(code).toBe(0);
    },
  );

  test('of an environment that lacks what it does not inherit is refused with its name', async () => {
    const binding = '[env.staging.version_metadata]\nbinding = "VERSION"\n';
    edit('wrangler.toml', binding, '');
    const { code, words } = await deploy(['--env', 'staging', '--dry-run'], {});
    edit(
      'wrangler.toml',
      '[[env.staging.durable_objects.bindings]]',
      `${binding}[[env.staging.durable_objects.bindings]]`,
    );
    expect(words).toContain('"version_metadata" is not inherited by environments');
    expect(code).toBe(1);
  });
});

describe('a deployment', () => {
  test('without a login is refused with what to do, before anything is built or asked', async () => {
    const { code, words } = await deploy(['--env', 'staging'], {});
    expect(words).toContain('wrangler is not logged in');
    expect(words).toContain('npx wrangler login');
    expect(words).toContain('CLOUDFLARE_API_TOKEN');
    expect(words).not.toContain('bundle');
    expect(code).toBe(1);
  });

  test('of a Worker that does not exist is refused without its secrets, with how to give them', async () => {
    api.calls.length = 0;
    const { code, words } = await deploy(['--env', 'staging']);
    // No agent is named, so that nobody would be shown its token.
    expect(words).toContain('are not set: ADMIN_TOKEN_SHA256\n');
    expect(words).toContain('npm run deploy -- --env staging --secrets-file .dev.vars.staging');
    expect(code).toBe(1);
    expect(changes()).toEqual([]);
  });

  test('the first: serves what was uploaded, and is found to be well', async () => {
    const { code, words } = await deploy(['--env', 'staging', '--secrets-file', secrets]);
    expect(words).toContain('staging has never been deployed: all of it is new');
    expect(words).toContain('ok    a stranger is refused');
    expect(words).toContain('ok    the dashboard is there');
    expect(words).toContain('ok    the tenant’s key is taken');
    expect(words).toContain('rollback  none: this is the first version');
    expect(code).toBe(0);
    const [id, script] = [...api.scripts][0] ?? [];
    expect(id).toBe('pilotlight-staging');
    expect(script).toMatchObject({ migrationTag: 'v4', crons: ['* * * * *'] });
  });

  test('that breaks the service says what it changed, fails, and prints the command that takes it back', async () => {
    const vars = '[env.staging.vars]\nENVIRONMENT = "staging"\n';
    edit('wrangler.toml', vars, `[env.staging.triggers]\ncrons = ["*/5 * * * *"]\n${vars}PLACE = "fra"\n`);
    edit('wrangler.toml', 'ALLOWED_HOSTS = ""', 'ALLOWED_HOSTS = "elsewhere.example"');
    commit('second');
    const { code, words } = await deploy(['--env', 'staging', '--patience', '2']);
    expect(words).toContain('+ var PLACE "fra"');
    expect(words).toContain('~ var ALLOWED_HOSTS: "" -> "elsewhere.example"');
    expect(words).toContain('+ cron */5 * * * *');
    expect(words).toContain('- cron * * * * *');
    expect(words).toMatch(/WRONG staging answers with version .*400/);
    expect(code).toBe(1);

    const [, rollback = ''] = /rollback {2}npx (wrangler rollback .*)/.exec(words) ?? [];
    const back = await run('sh', ['-c', `node_modules/.bin/${rollback}`], {
      ...api.env,
      CI: '1',
      WRANGLER_SEND_METRICS: 'false',
    });
    expect(back.words).toContain('Performing rollback');
    expect(back.code).toBe(0);
    await waitForHttp(`http://127.0.0.1:${port}/healthz`, startMsMax);
    const health = await (await fetch(`http://127.0.0.1:${port}/healthz`)).json();
    expect(health).toMatchObject({
      ok: true,
      version: api.scripts.get('pilotlight-staging')?.versions[0]?.id,
    });
  });

  test('with a migration cannot be taken back, and says so; secrets stay as they are', async () => {
    edit('wrangler.toml', 'ALLOWED_HOSTS = "elsewhere.example"', 'ALLOWED_HOSTS = ""');
    edit(
      'wrangler.toml',
      '[observability]',
      '[[migrations]]\ntag = "v5"\nnew_sqlite_classes = ["ProbeObject"]\n\n[observability]',
    );
    edit(
      'src/index.ts',
      'const app = makeApp();',
      'const app = makeApp();\nexport class ProbeObject extends TenantObject {}',
    );
    const { code, words } = await deploy(['--env', 'staging']);
    expect(words).toContain('+ migration v5');
    expect(words).toContain('from sources that are not committed');
    expect(words).toContain('rollback  none: the platform does not go back across a migration (v5)');
    expect(code).toBe(0);
    expect(serving?.bindings).toContainEqual({
      name: 'AGENT_TOKEN',
      type: 'secret_text',
      text: 'agent-token',
    });
  });
});
