// Everything that can be wrong before anything is started. Each check throws an Error whose message is meant for the user: one clear
// line that says what, where, and what to do.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { catalogue as builtIn } from '../../../gpu-workers/models.ts';
import { mergeCatalogues, parseCatalogue } from '../../core/registry/parse-catalogue.ts';
import type { DevSettings } from './settings.ts';

/** Ports and models fit together and are there; returns the text of the file of further models, empty without one. */
export function checkSettings(settings: DevSettings): string {
  if (settings.port === settings.agentPort) {
    throw new Error(`PORT and AGENT_PORT are both ${settings.port}: give the agent another port`);
  }
  checkWeights(settings.root);
  return settings.modelsFile === null ? '' : readModels(settings.modelsFile);
}

export function checkStateDir(stateDir: string): void {
  const probe = join(stateDir, `.probe-${process.pid}`);
  try {
    mkdirSync(stateDir, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(
      `the state directory ${stateDir} is not writable (${code}): set PILOTLIGHT_STATE to one that is`,
      {
        cause,
      },
    );
  }
}

export async function checkPorts({
  port,
  agentPort,
}: Pick<DevSettings, 'port' | 'agentPort'>): Promise<void> {
  await checkPort(port, 'PORT');
  await checkPort(agentPort, 'AGENT_PORT');
}

function checkPort(port: number, variable: string): Promise<void> {
  const { promise, resolve: pass, reject } = Promise.withResolvers<void>();
  const probe = createServer();
  probe.once('error', ({ code }: NodeJS.ErrnoException) => {
    const advice = `set ${variable} to another port`;
    const taken = `port ${port} is taken: end the program that uses it, or ${advice}`;
    reject(new Error(code === 'EADDRINUSE' ? taken : `port ${port} cannot be used (${code}): ${advice}`));
  });
  probe.listen(port, '127.0.0.1', () => probe.close(() => pass()));
  return promise;
}

/** The models that ship with the project must start; a user's own may be wrong, which their pool says without harm to the others. */
function checkWeights(root: string): void {
  for (const { id, launch } of builtIn.versions) {
    if (launch.kind !== 'llama') continue;
    const file = resolve(root, launch.weights);
    if (existsSync(file)) continue;
    throw new Error(`the weights of ${id} are missing: restore ${file}, or change gpu-workers/models.ts`);
  }
}

function readModels(file: string): string {
  const text = readText(file);
  const extra = parseCatalogue(text);
  const merged = extra.ok ? mergeCatalogues(builtIn, extra.value) : extra;
  if (!merged.ok) throw new Error(`the models in ${file} cannot be used: ${inOneLine(merged.error)}`);
  return text;
}

/** The parser says each problem on a line of its own, and where it is on the next. */
function inOneLine(text: string): string {
  return text
    .replaceAll(/\s*\n\s*→\s*/g, ' ')
    .replaceAll(/\s*\n\s*✖\s*/g, '; ')
    .replaceAll(/:;/g, ':');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`the file ${file} that PILOTLIGHT_MODELS names cannot be read: correct the name`, {
      cause,
    });
  }
}
