// Runs the bundled Worker in the bare runtime, without the development server around it: what benchmarks measure and what crash tests
// kill. Owns the bundle, the runtime's configuration file and the process.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { takeQuietPort } from './modal/quiet-ports.ts';

const root = resolve(import.meta.dirname, '../..');

/** The environment that keeps the toolchain from talking to anybody outside. */
export const quietEnv = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  CI: '1',
} as const;

/** Bundles the Worker as a deployment would, into `outDir`; returns the path of the one module. Throws with the tool's words. `from` is the
 * copy of the project that is bundled. */
export function bundleWorker(outDir: string, from = root, flags: readonly string[] = []): string {
  const wrangler = join(root, 'node_modules/.bin/wrangler');
  const args = ['deploy', '--dry-run', '--env', 'dev', '--outdir', outDir, ...flags];
  // The bundler looks for the dashboard's folder; what is in it is no matter of the Worker's module.
  mkdirSync(join(from, 'dist/dashboard'), { recursive: true });
  const run = spawnSync(wrangler, args, {
    cwd: from,
    env: { ...process.env, ...quietEnv },
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`wrangler could not bundle:\n${run.stdout}\n${run.stderr}`);
  const module = readdirSync(outDir).find((name) => name.endsWith('.js'));
  if (module === undefined) throw new Error(`no bundle in ${outDir}`);
  return join(outDir, module);
}

export interface RawWorkerOptions {
  readonly modulePath: string;
  readonly port: number;
  /** Folder for the runtime's configuration and the Durable Objects' databases. */
  readonly stateDir: string;
  readonly vars: Readonly<Record<string, string>>;
  /** Durable Object classes by binding; empty for a Worker without any. */
  readonly objects: Readonly<Record<string, string>>;
  /** Bindings with the values of JSON. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** Servers by binding, as host:port. */
  readonly servers?: Readonly<Record<string, string>>;
  /** Another version of the Worker, some of whose objects (by class) answer in the place of this one's own. */
  readonly other?: { readonly modulePath: string; readonly classes: readonly string[] };
  /** Calls the Worker's scheduled handler for whoever asks there. */
  readonly cronPort?: number;
  /** A certificate that the runtime trusts beside the usual ones. */
  readonly trusted?: string | undefined;
}

export const pilotlightObjects = {
  POOL: 'PoolObject',
  PLANNER: 'PlannerObject',
  SESSION: 'SessionObject',
  RUN: 'RunObject',
  RUN_LIST: 'RunListObject',
  INDEX: 'IndexObject',
  TENANT: 'TenantObject',
  STORE: 'StoreObject',
} as const;

/** The runtime's configuration, in its own language. */
function renderConfig(options: RawWorkerOptions): string {
  const { servers = {}, other, port, cronPort, stateDir } = options;
  const services = [
    '( name = "main", worker = .main )',
    ...(other === undefined ? [] : ['( name = "other", worker = .other )']),
    ...(cronPort === undefined ? [] : ['( name = "cron", worker = .cron )']),
    ...Object.entries(servers).map(
      ([name, address]) => `( name = "${name}", external = ( address = "${address}", http = () ) )`,
    ),
    `( name = "internet", network = ( allow = ["private", "local"]${renderTrust(options.trusted)} ) )`,
    `( name = "state", disk = ( path = ${JSON.stringify(join(stateDir, 'objects'))}, writable = true ) )`,
  ];
  const sockets = [
    `( name = "http", address = "127.0.0.1:${port}", http = (), service = "main" )`,
    ...(cronPort === undefined
      ? []
      : [`( name = "cron", address = "127.0.0.1:${cronPort}", http = (), service = "cron" )`]),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${services.join(',\n    ')}
  ],
  sockets = [ ${sockets.join(', ')} ]
);
${renderWorker(options, 'main')}${other === undefined ? '' : renderWorker(options, 'other')}${cronPort === undefined ? '' : cron}`;
}

/** What the platform's clock does, for whoever asks. */
const cron = `const cron :Workerd.Worker = (
    modules = [ ( name = "cron.js", esModule = "export default { async fetch(request, env) { const { outcome } = await env.MAIN.scheduled({ cron: '* * * * *', scheduledTime: new Date() }); return new Response(outcome); } };" ) ],
    compatibilityDate = "2026-11-01",
    compatibilityFlags = ["service_binding_extra_handlers"],
    bindings = [ ( name = "MAIN", service = "main" ) ]
);
`;

type Role = 'main' | 'other';

function renderWorker(options: RawWorkerOptions, role: Role): string {
  const { objects, other } = options;
  const roleOf = (name: string): Role => (other?.classes.includes(name) === true ? 'other' : 'main');
  const namespaces = Object.values(objects)
    .filter((name) => roleOf(name) === role)
    .map((name) => `( className = "${name}", uniqueKey = "pilotlight-${name}", enableSql = true )`);
  const storage =
    namespaces.length === 0
      ? ''
      : `durableObjectNamespaces = [ ${namespaces.join(', ')} ],\n    durableObjectStorage = ( localDisk = "state" ),`;
  const from = (name: string): string =>
    roleOf(name) === role ? `"${name}"` : `( className = "${name}", serviceName = "${roleOf(name)}" )`;
  const bindings = [
    ...Object.entries(objects).map(
      ([binding, name]) => `( name = "${binding}", durableObjectNamespace = ${from(name)} )`,
    ),
    ...Object.entries(options.vars).map(
      ([name, value]) => `( name = "${name}", text = ${JSON.stringify(value)} )`,
    ),
    ...Object.entries(options.json ?? {}).map(
      ([name, value]) => `( name = "${name}", json = ${JSON.stringify(JSON.stringify(value))} )`,
    ),
    ...Object.keys(options.servers ?? {}).map((name) => `( name = "${name}", service = "${name}" )`),
  ];
  return `const ${role} :Workerd.Worker = (
    modules = [ ( name = "main.js", esModule = embed "${fileOf(role)}" ) ],
    compatibilityDate = "2026-11-01",
    compatibilityFlags = ["enable_request_signal"],
    ${storage}
    bindings = [ ${bindings.join(',\n      ')} ]
);
`;
}

function fileOf(role: Role): string {
  return role === 'main' ? 'worker.js' : 'other.js';
}

function renderTrust(certificate: string | undefined): string {
  if (certificate === undefined) return '';
  return `, tlsOptions = ( trustBrowserCas = true, trustedCertificates = [ ${JSON.stringify(certificate)} ] )`;
}

/** Writes what the runtime begins with: its configuration, the module beside it, and room for the objects' databases. */
export function writeWorkerFiles(options: RawWorkerOptions): void {
  mkdirSync(join(options.stateDir, 'objects'), { recursive: true });
  // The configuration embeds files by paths relative to itself.
  copyFileSync(options.modulePath, join(options.stateDir, fileOf('main')));
  if (options.other !== undefined)
    copyFileSync(options.other.modulePath, join(options.stateDir, fileOf('other')));
  writeFileSync(configOf(options), renderConfig(options));
}

/** The command that serves what `writeWorkerFiles` has written. */
export function workerdCommand(options: RawWorkerOptions, flags: readonly string[] = []): readonly string[] {
  const workerd = join(root, 'node_modules/workerd/bin/workerd');
  return [workerd, 'serve', '--experimental', ...flags, configOf(options)];
}

function configOf({ stateDir }: RawWorkerOptions): string {
  return join(stateDir, 'worker.capnp');
}

/** Starts the runtime. The caller ends the process it gets. */
export function startRawWorker(
  options: RawWorkerOptions,
  wrap: readonly string[] = [],
  { quiet = false, flags = [] }: { readonly quiet?: boolean; readonly flags?: readonly string[] } = {},
): ChildProcess {
  writeWorkerFiles(options);
  const [command = '', ...args] = [...wrap, ...workerdCommand(options, flags)];
  return spawn(command, args, { stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'] });
}

/** A port that was free a moment ago, and that the system gives nobody by itself. */
export function findFreePort(): Promise<number> {
  return takeQuietPort();
}

/** Asks `url` until it answers 200, at most `withinMs`. Throws when it never does. */
export async function waitForHttp(url: string, withinMs: number): Promise<void> {
  const untilMs = Date.now() + withinMs;
  while (Date.now() < untilMs) {
    const status = await fetch(url).then(
      (reply) => reply.status,
      () => 0,
    );
    if (status === 200) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`${url} did not answer within ${withinMs} ms`);
}
