// The agent: starts and stops model replicas on this machine for the pools at the edge. Reads its environment, opens the port, ends
// everything it started when it is told to end.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mergeCatalogues, parseCatalogue } from '../../src/core/registry/parse-catalogue.ts';
import type { Catalogue } from '../../src/core/registry/model.ts';
import { catalogue as builtIn } from '../models.ts';
import { makeAgentServer } from './http.ts';
import { LocalProcessDriver } from './local-process.ts';
import { killOrphans } from './orphans.ts';

const help = `node gpu-workers/agent/main.ts

Starts and stops model replicas on this machine. Environment:
  AGENT_TOKEN          bearer token that callers must show (required)
  AGENT_PORT           port on 127.0.0.1 (default 8788)
  AGENT_REPLICAS_MAX   most replicas at once (default 16)
  PILOTLIGHT_STATE     state directory; the agent uses its subfolder agent/ (default .pilotlight)
  PILOTLIGHT_MODELS    JSON file of further models, merged over gpu-workers/models.ts`;

const root = resolve(import.meta.dirname, '../..');

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return console.log(help);
  const token = process.env['AGENT_TOKEN'] ?? '';
  if (token === '') return refuse('AGENT_TOKEN is not set: give the token that callers must show');
  const port = Number(process.env['AGENT_PORT'] ?? 8788);
  const stateDir = join(resolve(process.env['PILOTLIGHT_STATE'] ?? '.pilotlight'), 'agent');
  const catalogue = readCatalogue();
  const driver = await openDriver(catalogue, stateDir);
  const server = makeAgentServer(driver, token);
  server.once('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EADDRINUSE') refuse(`port ${port} is taken: set AGENT_PORT to another one`);
    refuse(`cannot listen on port ${port}: ${cause.message}`);
  });
  server.listen(port, '127.0.0.1', () => log(`listening on http://127.0.0.1:${port}`));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close();
      void driver.close().then(() => process.exit(0));
    });
  }
}

async function openDriver(catalogue: Catalogue, stateDir: string): Promise<LocalProcessDriver> {
  const replicasMax = Number(process.env['AGENT_REPLICAS_MAX'] ?? 16);
  for (const marker of await killOrphans(stateDir)) log(`ended ${marker}, left over from an earlier run`);
  try {
    return new LocalProcessDriver({ catalogue, replicasMax, stateDir, root, log });
  } catch (cause) {
    return refuse(`cannot write to ${stateDir}: ${(cause as Error).message}; set PILOTLIGHT_STATE to a writable directory`);
  }
}

function readCatalogue(): Catalogue {
  const file = process.env['PILOTLIGHT_MODELS'] ?? '';
  if (file === '') return builtIn;
  const extra = parseCatalogue(readText(file));
  const merged = extra.ok ? mergeCatalogues(builtIn, extra.value) : extra;
  return merged.ok ? merged.value : refuse(`${file}: ${merged.error}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    return refuse(`cannot read PILOTLIGHT_MODELS: ${(cause as Error).message}`);
  }
}

function log(line: string): void {
  console.log(`agent  ${line}`);
}

function refuse(reason: string): never {
  console.error(`agent  error: ${reason}`);
  process.exit(1);
}

await main();
