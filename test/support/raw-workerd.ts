// Runs the bundled Worker in the bare runtime, without the development server around it: what benchmarks measure and what crash tests
// kill. Owns the bundle, the runtime's configuration file and the process.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

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
export function bundleWorker(outDir: string, from = root): string {
  const wrangler = join(root, 'node_modules/.bin/wrangler');
  const args = ['deploy', '--dry-run', '--env', 'dev', '--outdir', outDir];
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
  const objects = Object.entries(options.objects);
  const namespaces = objects.map(
    ([, name]) => `( className = "${name}", uniqueKey = "pilotlight-${name}", enableSql = true )`,
  );
  const bindings = [
    ...objects.map(([binding, name]) => `( name = "${binding}", durableObjectNamespace = "${name}" )`),
    ...Object.entries(options.vars).map(
      ([name, value]) => `( name = "${name}", text = ${JSON.stringify(value)} )`,
    ),
  ];
  const storage =
    objects.length === 0
      ? ''
      : `durableObjectNamespaces = [ ${namespaces.join(', ')} ],\n    durableObjectStorage = ( localDisk = "state" ),`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ( name = "main", worker = .main ),
    ( name = "internet", network = ( allow = ["private", "local"] ) ),
    ( name = "state", disk = ( path = ${JSON.stringify(join(options.stateDir, 'objects'))}, writable = true ) )
  ],
  sockets = [ ( name = "http", address = "127.0.0.1:${options.port}", http = (), service = "main" ) ]
);
const main :Workerd.Worker = (
    modules = [ ( name = "main.js", esModule = embed "worker.js" ) ],
    compatibilityDate = "2026-11-01",
    compatibilityFlags = ["enable_request_signal"],
    ${storage}
    bindings = [ ${bindings.join(',\n      ')} ]
);
`;
}

/** Writes what the runtime begins with: its configuration, the module beside it, and room for the objects' databases. */
export function writeWorkerFiles(options: RawWorkerOptions): void {
  mkdirSync(join(options.stateDir, 'objects'), { recursive: true });
  // The configuration embeds files by paths relative to itself.
  copyFileSync(options.modulePath, join(options.stateDir, 'worker.js'));
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

/** A port that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
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
