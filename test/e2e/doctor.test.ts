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

const priced = {
  task: 'chat',
  loadGuessMs: 1_000,
  wakeGuessMs: 100,
  hotMicrosPerSecond: 1,
  parkedMicrosPerSecond: 1,
};
const onModal = {
  ...priced,
  id: 'sandboxed@1',
  launch: {
    kind: 'modal-sandbox',
    app: 'mine',
    image: 'vllm/vllm-openai:v0.33.0',
    gpu: 'H100',
    command: ['vllm', 'serve', 'mine', '--enable-sleep-mode'],
    protocol: { kind: 'vllm', sleepLevel: 1 },
  },
};
const onRunpod = {
  ...priced,
  id: 'mistral@1',
  launch: { kind: 'runpod', endpoint: 'jpnw0v75y3qoql', model: 'mistralai/Mistral-7B-Instruct-v0.2' },
};
const onGroq = {
  ...priced,
  id: 'groq-llama@1',
  price: { inputMicrosPerMTok: 1, outputMicrosPerMTok: 1 },
  launch: {
    kind: 'openai',
    baseUrl: 'https://api.groq.com/openai/v1',
    model: 'llama-3.1-8b-instant',
    keySecret: 'UPSTREAM_KEY_GROQ',
  },
};

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

  test('a Worker that has a store in Upstash without its token, and one that is away', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    const env = { PILOTLIGHT_EDGE_STORE: 'upstash', PILOTLIGHT_UPSTASH_REDIS_REST_URL: url };
    const remedy = /set PILOTLIGHT_UPSTASH_REDIS_REST_TOKEN .*docs\/store\.md/;
    expectOne(await faults({ env }), 'store', /TOKEN is not set$/, remedy);
    const away = { env: { ...env, PILOTLIGHT_UPSTASH_REDIS_REST_TOKEN: 't' } };
    expectOne(await faults(away), 'store', /no Redis answers.*ECONNREFUSED/, /_REST_URL/);
  });

  test('an environment variable that is wrong', async () => {
    expectOne(await faults({ env: { PORT: 'http' } }), 'settings', /PORT must be a port/, /--help/);
  });
});

describe('models on other machines', () => {
  /** Nothing of the shell that runs the tests. */
  const bare = {
    MODAL_TOKEN_ID: '',
    MODAL_TOKEN_SECRET: '',
    MODAL_OWNER: 'mine',
    REPLICA_KEY: '',
    KUBERNETES_API_URL: '',
    KUBERNETES_SERVICE_HOST: '',
  };
  const serving = (version: object, env: Readonly<Record<string, string>> = {}): Visit => {
    const file = join(folder, 'elsewhere.json');
    writeFileSync(file, JSON.stringify({ versions: [version] }));
    return { env: { ...bare, PILOTLIGHT_MODELS: file, ...env } };
  };

  test('on Modal, without a token, and then without the key that keeps strangers from a public vLLM', async () => {
    const token = { MODAL_TOKEN_ID: 'ak-1', MODAL_TOKEN_SECRET: 'as-1' };
    const what = /^sandboxed@1: MODAL_TOKEN_ID is not set/;
    expectOne(await faults(serving(onModal)), 'modal', what, /modal token new.*--help/);
    const half = { MODAL_TOKEN_ID: 'ak-1' };
    expectOne(await faults(serving(onModal, half)), 'modal', /MODAL_TOKEN_SECRET is not set/, /modal token/);
    const found = await faults(serving(onModal, token));
    expectOne(found, 'replica-key', /address of sandboxed@1 could put it to sleep/, /openssl rand -hex 24/);
  });

  test('on Kubernetes, with an agent that is told of no cluster', async () => {
    const launch = {
      kind: 'kubernetes',
      shape: 'deployment',
      name: 'chat',
      endpoint: 'https://c.example',
      gpu: 'H100',
    };
    const found = await faults(serving({ ...priced, id: 'deployed@1', launch }));
    expectOne(found, 'kubernetes', /^deployed@1: .*KUBERNETES_API_URL/, /docs\/backends\.md/);
  });

  test('on RunPod, without a key', async () => {
    const found = await faults(serving(onRunpod));
    expectOne(found, 'upstreams', /^mistral@1 needs the secret RUNPOD_API_KEY$/, /PILOTLIGHT_RUNPOD_API_KEY/);
  });

  test('at a host that is not listed, and at one whose key is not set', async () => {
    const hosts = { PILOTLIGHT_UPSTREAM_HOSTS: 'api.groq.com' };
    const what = /groq-llama@1 is served at api\.groq\.com, which UPSTREAM_HOSTS does not list$/;
    expectOne(await faults(serving(onGroq)), 'upstreams', what, /PILOTLIGHT_UPSTREAM_HOSTS/);
    const found = await faults(serving(onGroq, hosts));
    expectOne(found, 'upstreams', /needs the secret UPSTREAM_KEY_GROQ/, /PILOTLIGHT_UPSTREAM_KEY_GROQ/);
  });

  test('of Workers AI, with an account that is none', async () => {
    const launch = { kind: 'workers-ai', model: '@cf/meta/llama-3.1-8b-instruct' };
    const price = { inputMicrosPerMTok: 1, outputMicrosPerMTok: 1 };
    const visit = serving(
      { ...priced, id: 'cf@1', price, launch },
      { PILOTLIGHT_WORKERS_AI_ACCOUNT: 'mine' },
    );
    expectOne(
      await faults(visit),
      'upstreams',
      /WORKERS_AI_ACCOUNT must be the 32 hex digits/,
      /WORKERS_AI_ACCOUNT/,
    );
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

describe("a deployment's models on other machines", () => {
  const args = ['--env', 'staging'];

  /** A deployed Worker that serves them, and has these secrets beside the usual two. */
  function deployed(versions: readonly object[], vars: string, secrets: readonly string[]): Visit {
    const id = '00000000-0000-4000-8000-000000000002';
    const names = ['AGENT_TOKEN', 'ADMIN_TOKEN_SHA256', ...secrets];
    const bindings = names.map((name) => ({ name, type: 'secret_text' }));
    const version = { id, bindings, metadata: {}, module: new Uint8Array(), assets: new Map(), createdMs: 0 };
    api.scripts.set('pilotlight-staging', { versions: [version], active: id, migrationTag: 'v4', crons: [] });
    const models = `EXTRA_MODELS = '${JSON.stringify({ versions })}'`;
    const replace = `AGENT_URL = "${agent.url}"\n${models}\n${vars}`;
    const from = copy([{ file: 'wrangler.toml', find: 'AGENT_URL = ""', replace }]);
    // What is in the file and was never set is not there.
    const file = `AGENT_TOKEN=${agentToken}\nADMIN_TOKEN_SHA256=${'a'.repeat(64)}\nRUNPOD_API_KEY=rp\nREPLICA_KEY=${'k'.repeat(16)}\n`;
    writeFileSync(join(from, '.dev.vars.staging'), file);
    return { from, args, env: api.env };
  }

  const hosts = 'UPSTREAM_HOSTS = "api.groq.com"';

  test('are well when hosts and secrets are there', async () => {
    const secrets = ['RUNPOD_API_KEY', 'UPSTREAM_KEY_GROQ', 'REPLICA_KEY'];
    const { findings } = await visit(deployed([onRunpod, onGroq, onModal], hosts, secrets));
    expect(findings.filter(({ state }) => state === 'wrong')).toEqual([]);
    expect(findings.find(({ id }) => id === 'upstreams')?.what).toContain('mistral@1, groq-llama@1');
  });

  test('lack a host, a key that is only on this machine, the key of replicas, and half of a proxy token', async () => {
    const found = await faults(
      deployed([onRunpod, onGroq, onModal], '', ['UPSTREAM_KEY_GROQ', 'MODAL_PROXY_ID']),
    );
    const told = found
      .filter(({ id }) => id !== 'dashboard')
      .map(({ what, remedy }) => `${what} -> ${remedy}`);
    expect(told).toEqual([
      expect.stringMatching(
        /^mistral@1 needs the secret RUNPOD_API_KEY -> npx wrangler secret put RUNPOD_API_KEY --env staging$/,
      ),
      expect.stringMatching(
        /^groq-llama@1 .* does not list -> set UPSTREAM_HOSTS under \[env\.staging\.vars\]/,
      ),
      expect.stringMatching(
        /^sandboxed@1 answers nobody without.*openssl rand -hex 24.*secret put REPLICA_KEY --env staging$/,
      ),
      expect.stringMatching(/^MODAL_PROXY_ID is set without .*secret put MODAL_PROXY_SECRET --env staging$/),
    ]);
  });

  test('a store in Upstash without its secret, and a configuration that the Worker refuses', async () => {
    const vars = 'EDGE_STORE = "upstash"\nUPSTASH_REDIS_REST_URL = "https://eu1.example"';
    const remedy = /^npx wrangler secret put UPSTASH_REDIS_REST_TOKEN --env staging$/;
    expectOne(await faults(deployed([], vars, [])), 'store', /EDGE_STORE is upstash/, remedy);
    const budget = await faults(deployed([], 'GPU_BUDGET = "many"', []));
    expectOne(budget, 'config', /must be a whole number/, /set GPU_BUDGET under \[env\.staging\.vars\]/);
  });

  test('models that cannot be read', async () => {
    const found = await faults(deployed([{ id: 'x' }], '', []));
    expectOne(found, 'models', /must look like name@1/, /mend EXTRA_MODELS under \[env\.staging\.vars\]/);
  });
});
