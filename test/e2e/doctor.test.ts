// `npm run doctor` with faults that are really there: each is named, with its remedy, and nothing else is. The account is a test server that
// speaks Cloudflare's API; the agent is the real one.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, request as ask, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { plantEdits } from '../chaos/plants.ts';
import { agentToken, AgentProgram } from '../support/agent-program.ts';
import { CloudflareApi } from '../support/cloudflare-api.ts';
import { findFreePort } from '../support/raw-workerd.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-doctor-'));
const copies: string[] = [];
const servers: Server[] = [];
const agent = new AgentProgram();
const api = new CloudflareApi();
let ports: Readonly<Record<string, string>>;

interface Report {
  readonly code: number | null;
  readonly findings: readonly Finding[];
}

interface Visit {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly from?: string;
  readonly node?: readonly string[];
}

function visit({ env = {}, args = [], from = root, node = [process.execPath] }: Visit): Promise<Report> {
  const { CLOUDFLARE_API_TOKEN: _token, CLOUDFLARE_ACCOUNT_ID: _account, ...rest } = process.env;
  const [command = '', ...flags] = node;
  const child = spawn(command, [...flags, 'src/cli/doctor.mjs', '--json', ...args], {
    cwd: from,
    // Nobody is logged in at a home that is empty.
    env: {
      ...rest,
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      PILOTLIGHT_STATE: join(folder, 'state'),
      ...ports,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const { promise, resolve: done, reject } = Promise.withResolvers<Report>();
  child.once('close', (code) => {
    if (text === '') return reject(new Error(`the doctor ended with ${code} and said nothing`));
    const { findings } = JSON.parse(text) as { readonly findings: readonly Finding[] };
    done({ code, findings });
  });
  return promise;
}

/** What is not well. */
async function faults(what: Visit): Promise<readonly Finding[]> {
  const { code, findings } = await visit(what);
  const wrong = findings.filter(({ state }) => state === 'wrong');
  expect(code).toBe(wrong.length > 0 ? 1 : 0);
  return findings.filter(({ state }) => state === 'wrong' || state === 'warning');
}

function expectOne(found: readonly Finding[], id: string, what: RegExp, remedy: RegExp): void {
  // Whoever runs these tests alone may never have built the page.
  const about = found.filter((each) => each.id === id || each.id !== 'dashboard');
  expect(about.map((each) => each.id)).toEqual([id]);
  expect(about[0]?.what).toMatch(what);
  expect(about[0]?.remedy).toMatch(remedy);
}

function copy(edits: Parameters<typeof plantEdits>[1] = []): string {
  const made = plantEdits('doctor', edits);
  copies.push(made);
  return made;
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
}

/** A Node in the path that is too old, where there is one; else this one, which says that it is. */
function oldNode(): readonly string[] {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((each) => join(each, 'node'));
  const old = places.filter(existsSync).find((each) => {
    const [, major] = /^v(\d+)/.exec(spawnSync(each, ['--version'], { encoding: 'utf8' }).stdout) ?? [];
    return major !== undefined && Number(major) < 22;
  });
  const lie =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
  return old === undefined
    ? [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(lie)}`]
    : [old];
}

beforeAll(async () => {
  ports = { PORT: String(await findFreePort()), AGENT_PORT: String(await findFreePort()) };
  expect(await agent.start()).toBeNull();
  await api.start();
});

afterAll(async () => {
  await agent.dispose();
  api.stop();
  for (const server of servers) server.close();
  for (const made of [folder, ...copies]) rmSync(made, { recursive: true, force: true });
});

describe('this machine', () => {
  const withAgent = (): Visit => ({ env: { AGENT_URL: agent.url, AGENT_TOKEN: agentToken } });

  test('is well when nothing is missing', async () => {
    const { code, findings } = await visit(withAgent());
    expect(findings.filter(({ state }) => state === 'wrong')).toEqual([]);
    expect(code).toBe(0);
    const ids = [
      'node',
      'wrangler',
      'native-module',
      'weights',
      'disk',
      'ports',
      'agent',
      'clock',
      'agent-token',
      'model-servers',
    ];
    expect(findings.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  });

  test('an old Node', async () => {
    expectOne(await faults({ node: oldNode() }), 'node', /^this is Node \d+\..*22\.18 or newer/, /npm ci/);
  });

  test('packages that were never installed', async () => {
    const from = copy();
    rmSync(join(from, 'node_modules'));
    expectOne(await faults({ from }), 'packages', /packages are missing/, /npm ci/);
  });

  test('another wrangler than the one that is pinned', async () => {
    const from = copy([{ file: 'package.json', find: '"wrangler": "', replace: '"wrangler": "9' }]);
    expectOne(await faults({ from }), 'wrangler', /^wrangler is 4.*, not 94/, /npm ci/);
  });

  test('a native module that is not there', async () => {
    const from = copy();
    const modules = join(from, 'node_modules');
    rmSync(modules);
    mkdirSync(modules);
    for (const name of readdirSync(join(root, 'node_modules')).filter((each) => each !== '@fugood'))
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    expectOne(await faults({ from }), 'native-module', /does not load: Error: Cannot find module/, /npm ci/);
  });

  test('weights that are missing, and weights that were cut off', async () => {
    const from = copy();
    const file = join(from, 'gpu-workers/weights/tiny-agent-q8_0.gguf');
    truncateSync(file, 100_000);
    expectOne(await faults({ from }), 'weights', /tiny-agent@1 cannot be used/, /fetch the file again/);
    rmSync(file);
    expectOne(await faults({ from }), 'weights', /the weights of tiny-agent@1 are missing/, /git checkout/);
  });

  test('a dashboard that is not built', async () => {
    const from = copy();
    rmSync(join(from, 'dist'), { recursive: true, force: true });
    expectOne(await faults({ from }), 'dashboard', /not built/, /npm run build:dashboard/);
  });

  test('a models file that is broken', async () => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, '{"versions":[{"id":"x"}]}');
    const found = await faults({ env: { PILOTLIGHT_MODELS: file } });
    expectOne(found, 'models-file', /must look like name@1/, /docs\/models\.md/);
  });

  test('a model whose program is not installed', async () => {
    const file = join(folder, 'models.json');
    const launch = { kind: 'command', command: ['no-such-server', 'serve'] };
    writeFileSync(file, JSON.stringify({ versions: [{ id: 'mine@1', task: 'chat', launch }] }));
    const found = await faults({ env: { PILOTLIGHT_MODELS: file } });
    expectOne(found, 'model-command', /mine@1 is started by "no-such-server"/, /install/);
  });

  test('a port that is taken', async () => {
    const PORT = new URL(await listen(createServer())).port;
    expectOne(await faults({ env: { PORT } }), 'ports', new RegExp(`port ${PORT} is taken`), /free ports/);
  });

  test('a state directory that is a file', async () => {
    const PILOTLIGHT_STATE = join(folder, 'a-file');
    writeFileSync(PILOTLIGHT_STATE, '');
    expectOne(await faults({ env: { PILOTLIGHT_STATE } }), 'disk', /not writable/, /PILOTLIGHT_STATE/);
  });

  test('an environment variable that is wrong', async () => {
    expectOne(await faults({ env: { PORT: 'http' } }), 'settings', /PORT must be a port/, /--help/);
  });
});

describe('the agent', () => {
  const at = (AGENT_URL: string, AGENT_TOKEN = agentToken): Visit => ({ env: { AGENT_URL, AGENT_TOKEN } });

  test('is down', async () => {
    const found = await faults(at(`http://127.0.0.1:${await findFreePort()}`));
    expectOne(found, 'agent', /no agent answers at http.*ECONNREFUSED/, /start the agent/);
  });

  test('is something else', async () => {
    const url = await listen(createServer((_request, response) => response.end('<html>')));
    expectOne(
      await faults(at(url)),
      'agent',
      /something else than the agent/,
      /correct the address in AGENT_URL/,
    );
  });

  test('has another token', async () => {
    expectOne(await faults(at(agent.url, 'wrong')), 'agent-token', /refuses the token/, /one token/);
  });

  test('has a clock that is ten minutes behind', async () => {
    // What the agent's own machine would write into the header of each answer.
    const url = await listen(
      createServer((request, response) => {
        const { path = '/', headers } = { path: request.url, headers: request.headers };
        ask(agent.url + path, { headers }, (reply) => {
          const date = new Date(Date.now() - 600_000).toUTCString();
          response.writeHead(reply.statusCode ?? 500, { ...reply.headers, date });
          reply.pipe(response);
        }).end();
      }),
    );
    expectOne(await faults(at(url)), 'clock', /(?:599|600) s behind/, /set-ntp/);
  });

  test('has a replica that failed', async () => {
    const ref = { id: 'doctor-1', generation: 1 };
    await agent.backend().start({ ...ref, pool: 'exit-3@1~local', version: 'exit-3@1', waitMs: 10_000 });
    const found = await faults(at(agent.url));
    await agent.backend().stop(ref);
    expectOne(found, 'model-servers', /replica doctor-1 of exit-3@1 failed/, /mend what the reason names/);
  });
});

describe('a deployment', () => {
  const staging = ['--env', 'staging'];
  let from: string;

  beforeAll(() => {
    from = copy([{ file: 'wrangler.toml', find: 'AGENT_URL = ""', replace: `AGENT_URL = "${agent.url}"` }]);
    writeFileSync(
      join(from, '.dev.vars.staging'),
      `AGENT_TOKEN=${agentToken}\nADMIN_TOKEN_SHA256=${'a'.repeat(64)}\n`,
    );
  });

  test('nobody is logged in', async () => {
    expectOne(await faults({ from, args: staging }), 'login', /not logged in/, /npx wrangler login/);
  });

  test('the token for the account is wrong', async () => {
    const found = await faults({ from, args: staging, env: { ...api.env, CLOUDFLARE_API_TOKEN: 'expired' } });
    expectOne(found, 'login', /the account cannot be asked/, /Invalid access token/);
  });

  test('it was never deployed', async () => {
    expectOne(
      await faults({ from, args: staging, env: api.env }),
      'secrets',
      /never been deployed/,
      /--secrets-file/,
    );
  });

  test('a secret is missing', async () => {
    const id = '00000000-0000-4000-8000-000000000001';
    const bindings = [{ name: 'AGENT_TOKEN', type: 'secret_text' }];
    const version = { id, bindings, metadata: {}, module: new Uint8Array(), assets: new Map(), createdMs: 0 };
    api.scripts.set('pilotlight-staging', { versions: [version], active: id, migrationTag: 'v3', crons: [] });
    const found = await faults({ from, args: staging, env: api.env });
    const remedy = /npx wrangler secret put ADMIN_TOKEN_SHA256 --env staging/;
    expectOne(found, 'secrets', /lacks ADMIN_TOKEN_SHA256/, remedy);
  });

  test('the file of secrets lacks one, and then is not there', async () => {
    const env = { ...api.env, AGENT_URL: agent.url, AGENT_TOKEN: agentToken };
    const at: Visit = { from, args: staging, env };
    const idsOf = (found: readonly Finding[]): readonly string[] =>
      found.map(({ id }) => id).filter((id) => id !== 'dashboard');
    const file = join(from, '.dev.vars.staging');
    writeFileSync(file, `AGENT_TOKEN=${agentToken}\nADMIN_TOKEN_SHA256=\n`);
    const empty = await faults(at);
    expect(idsOf(empty)).toEqual(['environment-file', 'secrets']);
    expect(empty.find(({ id }) => id === 'environment-file')?.what).toContain(
      'gives no value for ADMIN_TOKEN_SHA256',
    );
    rmSync(file);
    const gone = await faults(at);
    expect(idsOf(gone)).toEqual(['environment-file', 'secrets']);
    expect(gone.find(({ id }) => id === 'environment-file')?.remedy).toContain(
      'cp .dev.vars.example .dev.vars.staging',
    );
  });
});
