// The agent: starts and stops model replicas on this machine for the pools at the edge. Reads its environment, takes the port, puts
// in order what the last agent left, serves, and ends everything it started when it is told to end.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import type { Result } from '../../src/core/base/result.ts';
import type { Catalogue, ModelVersion } from '../../src/core/registry/model.ts';
import { mergeCatalogues, parseCatalogue } from '../../src/core/registry/parse-catalogue.ts';
import { catalogue as builtIn } from '../models.ts';
import { DriverSet } from './driver-set.ts';
import type { Driver } from './driver.ts';
import { makeAgentServer } from './http.ts';
import { clusterSettingsHelp } from './kubernetes/cluster-settings.ts';
import { isEdge, isLocal } from './launch.ts';
import { LocalProcessDriver } from './local-process.ts';
import { readRetired } from './managed/life-file.ts';
import { AppMemory } from './modal/app-memory.ts';
import { modalSettingsHelp } from './modal/modal-settings.ts';
import { ReplicaBook } from './replica-book.ts';
import { parseSettings, settingsHelp, type AgentSettings } from './settings.ts';

const root = resolve(import.meta.dirname, '../..');
/** Replicas get three seconds to end; callers were promised that nothing is left after five. */
const closeWithinMs = 4_700;

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return console.log(help);
  // Whoever reads the log may go away first; that is no reason to leave replicas behind.
  process.stdout.on('error', () => undefined);
  const settings = orRefuse(parseSettings(process.env));
  const catalogue = readCatalogue(settings.modelsFile);
  // The port first: whoever cannot have it must not touch the replicas of the agent that holds it.
  const gate = Promise.withResolvers<Driver>();
  const server = makeAgentServer({ driver: gate.promise, token: settings.token, log });
  const address = await listen(server, settings);
  const { book, leftovers } = orRefuse(ReplicaBook.open(settings.stateDir));
  const { replicasMax, stateDir } = settings;
  // Model servers that are Node programs start a third sooner from code that an earlier one has compiled.
  process.env['NODE_COMPILE_CACHE'] ??= join(stateDir, 'compile-cache');
  const local = new LocalProcessDriver({ catalogue, replicasMax, book, leftovers, root, log });
  const driver = await withPlaces(local, catalogue, stateDir);
  endWith(server, driver, settings.parentWatch);
  await driver.reclaim();
  gate.resolve(driver);
  log(`ready http://${address} (state in ${stateDir}, at most ${replicasMax} replicas)`);
}

/** The address that it has then. */
async function listen(server: Server, { host, port }: Pick<AgentSettings, 'host' | 'port'>): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') refuse(`port ${port} is taken: set AGENT_PORT to another one`);
    if (code === 'EADDRNOTAVAIL')
      refuse(`this machine has no address ${host}: set AGENT_HOST to one that it has`);
    refuse(`cannot listen on port ${port} of ${host}: ${message}`);
  }
  const address = server.address();
  const given = typeof address === 'object' && address !== null ? address.port : port;
  return `${isIPv6(host) ? `[${host}]` : host}:${given}`;
}

/** Signals may come twice, from a terminal and from whoever started the agent: the second must not cut the first short. */
function endWith(server: Server, driver: Driver, parentWatch: boolean): void {
  let ending = false;
  const end = (why: string): void => {
    if (ending) return;
    ending = true;
    log(`ending (${why})`);
    server.close();
    setTimeout(() => process.exit(1), closeWithinMs).unref();
    void driver.close().then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(signal));
  if (parentWatch) process.stdin.once('close', () => end('stdin closed')).resume();
}

/** The drivers that the catalogue asks for, and those that end what is left of versions that it has no more. */
async function withPlaces(local: Driver, catalogue: Catalogue, stateDir: string): Promise<Driver> {
  const elsewhere = catalogue.versions.filter((version) => !isLocal(version) && !isEdge(version.launch));
  const retired = readRetired(stateDir, catalogue, log);
  const options = { catalogue, retired, env: process.env, stateDir, log };
  const others = new Map<string, Driver>();
  const isCluster = ({ launch }: ModelVersion): boolean => launch.kind === 'kubernetes';
  const gone = retired.map(({ version }) => version);
  const take = (made: Result<ReadonlyMap<string, Driver>, string>, isServed: boolean): void => {
    // What is needed only to end what an earlier agent has left is no reason to serve nothing.
    if (!made.ok && !isServed) return log(`what runs of versions that are gone is not ended: ${made.error}`);
    for (const [id, driver] of orRefuse(made)) others.set(id, driver);
  };
  const servesModal = elsewhere.some((version) => !isCluster(version));
  if (
    servesModal ||
    gone.some((version) => !isCluster(version)) ||
    new AppMemory(stateDir).names().length > 0
  ) {
    const { makeModalDrivers } = await import('./modal/modal-drivers.ts');
    take(makeModalDrivers(options), servesModal);
  }
  if ([...elsewhere, ...gone].some(isCluster)) {
    const { makeKubernetesDrivers } = await import('./kubernetes/kubernetes-drivers.ts');
    take(makeKubernetesDrivers(options), elsewhere.some(isCluster));
  }
  return others.size === 0 ? local : new DriverSet(local, others);
}

function readCatalogue(file: string | null): Catalogue {
  if (file === null) return builtIn;
  const extra = orRefuse(parseCatalogue(readText(file)), file);
  return orRefuse(mergeCatalogues(builtIn, extra), file);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    return refuse(`cannot read PILOTLIGHT_MODELS: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function orRefuse<T>(result: Result<T, string>, about = ''): T {
  return result.ok ? result.value : refuse(about === '' ? result.error : `${about}: ${result.error}`);
}

function log(line: string): void {
  console.log(`agent  ${line}`);
}

function refuse(reason: string): never {
  console.error(`agent  error: ${reason}`);
  process.exit(1);
}

const help = `node gpu-workers/agent/main.ts

Starts and stops model replicas on this machine (gpu-workers/CONTRACT.md, section 2). Environment:
${settingsHelp}
${modalSettingsHelp}
${clusterSettingsHelp}`;

await main();
