// A test server that speaks the part of Cloudflare's API (v4) that wrangler uses to deploy a Worker: accounts, scripts, versions,
// deployments, assets, secrets, schedules, the workers.dev address. It keeps what it is sent, so that a test can run exactly that. Written
// after what the pinned wrangler asks; the real service was never asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Binding } from '../../src/cli/deploy/upload.ts';

export const apiToken = 'cf-token-of-a-test';
const account = 'a'.repeat(32);

export interface StoredVersion {
  readonly id: string;
  readonly bindings: readonly Binding[];
  readonly metadata: Record<string, unknown>;
  /** The main module. */
  readonly module: Uint8Array;
  /** Bytes by path. */
  readonly assets: ReadonlyMap<string, Uint8Array>;
  readonly createdMs: number;
}

interface Script {
  versions: StoredVersion[];
  active: string;
  migrationTag: string | null;
  crons: readonly string[];
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array<ArrayBuffer>;
}

class ApiFailure extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Paths relative to /client/v4, in the order in which they are tried. */
type Route = readonly [method: string, pattern: RegExp, answer: (call: Call, name: string) => unknown];

export class CloudflareApi {
  readonly scripts = new Map<string, Script>();
  /** `METHOD path` of every call. */
  readonly calls: string[] = [];
  /** Is told of each version that begins to serve, and may wait until it does. */
  onActive: (script: string, version: StoredVersion) => Promise<void> = () => Promise.resolve();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #manifest = new Map<string, string>();
  readonly #blobs = new Map<string, Uint8Array>();
  #minted = 0;
  #subdomain: unknown = { enabled: false, previews_enabled: false };
  url = '';

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.url = `http://127.0.0.1:${address.port}/client/v4`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** What wrangler needs to take this for the service. */
  get env(): Readonly<Record<string, string>> {
    return {
      CLOUDFLARE_API_BASE_URL: this.url,
      CLOUDFLARE_API_TOKEN: apiToken,
      CLOUDFLARE_ACCOUNT_ID: account,
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, result: unknown, errors: readonly object[]): void => {
      const envelope = { success: errors.length === 0, errors, messages: [], result };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(envelope));
    };
    try {
      send(200, await this.#answer(await readCall(request)), []);
    } catch (cause) {
      const { status, code, message } =
        cause instanceof ApiFailure ? cause : new ApiFailure(500, 10_000, String(cause));
      send(status, null, [{ code, message }]);
    }
  }

  async #answer(call: Call): Promise<unknown> {
    this.calls.push(`${call.method} ${call.path}`);
    // The upload of assets shows the session's own token instead.
    const isUpload = call.path.endsWith('/workers/assets/upload');
    if (!isUpload && call.headers.authorization !== `Bearer ${apiToken}`) {
      throw new ApiFailure(403, 9109, 'Invalid access token');
    }
    for (const [method, pattern, answer] of this.#routes) {
      const match = pattern.exec(call.path);
      if (method === call.method && match !== null) return await answer(call, match[1] ?? '');
    }
    throw new ApiFailure(404, 7003, `no such route: ${call.method} ${call.path}`);
  }

  readonly #routes: readonly Route[] = [
    ['GET', /^\/user$/, () => ({ id: 'u', email: 'deployer@example.com' })],
    ['GET', /^\/user\/tokens\/verify$/, () => ({ id: 't', status: 'active' })],
    ['GET', /^\/accounts$/, () => [{ id: account, name: 'test' }]],
    ['GET', /^\/memberships$/, () => [{ id: 'm', account: { id: account, name: 'test' }, roles: [] }]],
    ['GET', /\/workers\/services\/([^/]+)$/, (_call, name) => this.#service(name)],
    ['GET', /\/workers\/scripts$/, () => this.#list()],
    ['GET', /\/workers\/scripts\/([^/]+)\/deployments$/, (_call, name) => this.#deployments(name)],
    ['POST', /\/workers\/scripts\/([^/]+)\/deployments$/, (call, name) => this.#deploy(call, name)],
    ['GET', /\/workers\/scripts\/([^/]+)\/versions\//, ({ path }, name) => this.#version(path, name)],
    ['POST', /\/workers\/scripts\/([^/]+)\/versions$/, (call, name) => this.#postVersion(call, name)],
    ['POST', /\/workers\/scripts\/[^/]+\/assets-upload-session$/, (call) => this.#openAssets(call)],
    ['POST', /\/workers\/assets\/upload$/, (call) => this.#takeAssets(call)],
    ['PUT', /\/workers\/scripts\/([^/]+)\/schedules$/, (call, name) => this.#schedule(call, name)],
    ['GET', /\/workers\/scripts\/([^/]+)\/secrets$/, (_call, name) => this.#secrets(name)],
    ['PATCH', /\/workers\/scripts\/([^/]+)\/script-settings$/, () => ({})],
    [
      'GET',
      /\/workers\/scripts\/([^/]+)\/settings$/,
      (_call, name) => ({ tags: [], name: this.#find(name) && name }),
    ],
    [
      'GET',
      /\/workers\/workers\/([^/]+)$/,
      (_call, name) => ({ id: this.#find(name) && name, subdomain: this.#subdomain }),
    ],
    ['PATCH', /\/workers\/workers\/([^/]+)$/, (call) => this.#setSubdomain(call)],
    ['GET', /\/workers\/subdomain$/, () => ({ subdomain: 'test' })],
    ['GET', /\/workers\/scripts\/([^/]+)\/subdomain$/, () => this.#subdomain],
    ['POST', /\/workers\/scripts\/([^/]+)\/subdomain$/, (call) => this.#setSubdomain(call)],
    ['PUT', /\/workers\/scripts\/([^/]+)$/, (call, name) => this.#putScript(call, name)],
  ];

  #find(name: string): Script {
    const script = this.scripts.get(name);
    if (script !== undefined) return script;
    throw new ApiFailure(404, 10_007, 'This Worker does not exist on your account.');
  }

  #service(name: string): object {
    if (!this.scripts.has(name)) throw new ApiFailure(404, 10_090, 'This service does not exist.');
    const { migrationTag } = this.#find(name);
    const script = {
      id: name,
      tag: `tag-${name}`,
      tags: [],
      migration_tag: migrationTag,
      last_deployed_from: 'wrangler',
    };
    return { id: name, default_environment: { environment: 'production', script } };
  }

  #list(): readonly object[] {
    return [...this.scripts].map(([id, { migrationTag }]) => ({ id, migration_tag: migrationTag }));
  }

  #deployments(name: string): object {
    const { active, versions } = this.#find(name);
    const version = versions.find(({ id }) => id === active);
    const created_on = new Date(version?.createdMs ?? 0).toISOString();
    const deployment = {
      id: `deployment-${active}`,
      source: 'wrangler',
      strategy: 'percentage',
      author_email: 'deployer@example.com',
      annotations: {},
      created_on,
      versions: [{ version_id: active, percentage: 100 }],
    };
    return { deployments: [deployment] };
  }

  async #deploy(call: Call, name: string): Promise<object> {
    const { versions } = JSON.parse(new TextDecoder().decode(call.body)) as {
      versions: { version_id: string }[];
    };
    await this.#activate(name, versions[0]?.version_id ?? '');
    return { id: 'deployment' };
  }

  #version(path: string, name: string): object {
    const id = path.split('/').at(-1);
    const version = this.#find(name).versions.find((each) => each.id === id);
    if (version === undefined) throw new ApiFailure(404, 10_092, 'This version does not exist.');
    return renderVersion(version);
  }

  async #postVersion(call: Call, name: string): Promise<object> {
    const script = this.#find(name);
    const version = await this.#store(call, script);
    return renderVersion(version);
  }

  async #putScript(call: Call, name: string): Promise<object> {
    const known = this.scripts.get(name);
    const script = known ?? { versions: [], active: '', migrationTag: null, crons: [] };
    const version = await this.#store(call, script);
    const { new_tag: newTag } = (version.metadata['migrations'] ?? {}) as { new_tag?: string };
    script.migrationTag = newTag ?? script.migrationTag;
    this.scripts.set(name, script);
    await this.#activate(name, version.id);
    return {
      id: name,
      tag: `tag-${name}`,
      etag: 'etag',
      deployment_id: version.id.replaceAll('-', ''),
      startup_time_ms: 12,
    };
  }

  async #activate(name: string, id: string): Promise<void> {
    const script = this.#find(name);
    const version = script.versions.find((each) => each.id === id);
    if (version === undefined) throw new ApiFailure(404, 10_092, 'This version does not exist.');
    script.active = id;
    await this.onActive(name, version);
  }

  async #store(call: Call, script: Script): Promise<StoredVersion> {
    const fields = await formOf(call);
    const metadata = JSON.parse(await textOf(fields.get('metadata'))) as Record<string, unknown>;
    const bindings = (metadata['bindings'] ?? []) as readonly Binding[];
    const main = fields.get(String(metadata['main_module']));
    const version: StoredVersion = {
      id: this.#mint(),
      bindings: this.#inherit(bindings, script),
      metadata,
      module: main instanceof Blob ? await main.bytes() : new Uint8Array(),
      assets: new Map(
        [...this.#manifest].map(([path, hash]) => [path, this.#blobs.get(hash) ?? new Uint8Array()]),
      ),
      createdMs: Date.now(),
    };
    script.versions.push(version);
    return version;
  }

  /** `inherit` takes what the version that serves has; without one the upload is refused as the service refuses it. */
  #inherit(bindings: readonly Binding[], script: Script): readonly Binding[] {
    const served = script.versions.find(({ id }) => id === script.active)?.bindings ?? [];
    const given = bindings.map((each) => {
      if (each.type !== 'inherit') return each;
      const found = served.find(({ name }) => name === each.name);
      if (found !== undefined) return found;
      throw new ApiFailure(400, 10_057, `inherit binding '${each.name}' is invalid`);
    });
    const names = new Set(given.map(({ name }) => name));
    // keep_bindings: secrets stay.
    return [...given, ...served.filter(({ name, type }) => type === 'secret_text' && !names.has(name))];
  }

  #openAssets(call: Call): object {
    const { manifest } = JSON.parse(new TextDecoder().decode(call.body)) as {
      manifest: Record<string, { hash: string }>;
    };
    this.#manifest = new Map(Object.entries(manifest).map(([path, { hash }]) => [path, hash]));
    const wanted = [...this.#manifest.values()].filter((hash) => !this.#blobs.has(hash));
    return { jwt: 'session', buckets: wanted.length === 0 ? [] : [wanted] };
  }

  async #takeAssets(call: Call): Promise<object> {
    for (const [hash, value] of await formOf(call)) {
      this.#blobs.set(hash, Buffer.from(await textOf(value), 'base64'));
    }
    return { jwt: 'assets' };
  }

  #setSubdomain(call: Call): unknown {
    const body = JSON.parse(new TextDecoder().decode(call.body)) as { readonly subdomain?: unknown };
    this.#subdomain = body.subdomain ?? body;
    return body;
  }

  #schedule(call: Call, name: string): object {
    const crons = JSON.parse(new TextDecoder().decode(call.body)) as { cron: string }[];
    this.#find(name).crons = crons.map(({ cron }) => cron);
    return { schedules: crons };
  }

  #secrets(name: string): readonly object[] {
    const { active, versions } = this.#find(name);
    const served = versions.find(({ id }) => id === active)?.bindings ?? [];
    return served
      .filter(({ type }) => type === 'secret_text')
      .map((each) => ({ name: each.name, type: each.type }));
  }

  #mint(): string {
    this.#minted += 1;
    return `00000000-0000-4000-8000-${String(this.#minted).padStart(12, '0')}`;
  }
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const url = new URL(request.url ?? '/', 'http://api');
  return {
    method: request.method ?? 'GET',
    path: url.pathname.replace(/^\/client\/v4/, ''),
    query: url.searchParams,
    headers: request.headers,
    body: new Uint8Array(Buffer.concat(pieces)),
  };
}

function formOf({ body, headers }: Call): Promise<FormData> {
  return new Response(body, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
}

async function textOf(value: Blob | string | null): Promise<string> {
  return value instanceof Blob ? await value.text() : (value ?? '');
}

/** What the service shows of a version: never the text of a secret. */
function renderVersion({ id, bindings, metadata, createdMs }: StoredVersion): object {
  return {
    id,
    number: 1,
    annotations: metadata['annotations'] ?? {},
    metadata: {
      created_on: new Date(createdMs).toISOString(),
      source: 'wrangler',
      author_email: 'deployer@example.com',
    },
    startup_time_ms: 12,
    resources: {
      bindings: bindings.map((each) =>
        each.type === 'secret_text' ? { name: each.name, type: each.type } : each,
      ),
      script: { etag: 'etag', handlers: ['fetch', 'scheduled'] },
      script_runtime: {
        compatibility_date: metadata['compatibility_date'],
        compatibility_flags: metadata['compatibility_flags'],
      },
    },
  };
}
