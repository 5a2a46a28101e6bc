// Everything that can be wrong before anything is started, each with one clear line: what, where, what to do.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { catalogue as builtIn } from '../../../gpu-workers/models.ts';
import type { Catalogue } from '../../core/registry/model.ts';
import { mergeCatalogues, parseCatalogue } from '../../core/registry/parse-catalogue.ts';
import type { DevSettings } from './settings.ts';

const lockName = 'dev.lock';

/** Throws an Error whose message is meant for the user. On success this process holds the state directory. */
export async function checkAndLock(settings: DevSettings): Promise<{ readonly extraModels: string }> {
  await checkPort(settings.port, 'PORT');
  await checkPort(settings.agentPort, 'AGENT_PORT');
  if (settings.port === settings.agentPort) throw new Error('PORT and AGENT_PORT must differ');
  const extraModels = checkModels(settings);
  checkWritable(settings.stateDir);
  takeLock(settings.stateDir);
  return { extraModels };
}

export function releaseLock(stateDir: string): void {
  rmSync(join(stateDir, lockName), { force: true });
}

async function checkPort(port: number, variable: string): Promise<void> {
  await new Promise<void>((done, fail) => {
    const probe = createServer();
    probe.once('error', () =>
      fail(
        new Error(`port ${port} is taken: end the program that uses it, or set ${variable} to another port`),
      ),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => done()));
  });
}

function checkModels(settings: DevSettings): string {
  const extraModels = settings.modelsFile === null ? '' : readText(settings.modelsFile);
  const merged = extraModels === '' ? { ok: true as const, value: builtIn } : merge(extraModels);
  if (!merged.ok) throw new Error(`${settings.modelsFile}: ${merged.error}`);
  for (const { id, launch } of builtIn.versions) {
    if (launch.kind !== 'llama') continue;
    const file = resolve(settings.root, launch.weights);
    if (!existsSync(file))
      throw new Error(
        `the weights of ${id} are missing: ${file}; restore the file or change gpu-workers/models.ts`,
      );
  }
  return extraModels;
}

function merge(text: string): ReturnType<typeof mergeCatalogues> {
  const extra = parseCatalogue(text);
  return extra.ok ? mergeCatalogues(builtIn as Catalogue, extra.value) : extra;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Error(`PILOTLIGHT_MODELS names ${file}, which cannot be read`);
  }
}

function checkWritable(stateDir: string): void {
  const probe = join(stateDir, '.probe');
  try {
    mkdirSync(stateDir, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch {
    throw new Error(`the state directory ${stateDir} is not writable: set PILOTLIGHT_STATE to one that is`);
  }
}

/** One program per state directory: two would fight over the same databases. A lock of a process that is gone is taken over. */
function takeLock(stateDir: string): void {
  const file = join(stateDir, lockName);
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      const handle = openSync(file, 'wx');
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      return;
    } catch {
      const pid = Number(readFileSync(file, 'utf8'));
      if (pid !== process.pid && isDevProgram(pid)) {
        throw new Error(
          `another "npm run dev" (pid ${pid}) uses ${stateDir}: end it, or set PILOTLIGHT_STATE to another directory`,
        );
      }
      rmSync(file, { force: true });
    }
  }
  throw new Error(`cannot lock ${stateDir}`);
}

function isDevProgram(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dev.ts');
  } catch {
    // Where there is no /proc, a process that can be signalled is taken to be the other program.
    return existsSync('/proc') ? false : canSignal(pid);
  }
}

function canSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
