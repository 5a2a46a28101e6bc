// The drivers that launch models on Modal, made as far as the catalogue needs them. Loaded only then: the client is large.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { Catalogue, ModelVersion } from '../../../src/core/registry/model.ts';
import type { Driver } from '../driver.ts';
import { FunctionDriver } from '../managed/function-driver.ts';
import { GpuQuota } from '../managed/gpu-quota.ts';
import { LifeFile, type RetiredFloor } from '../managed/life-file.ts';
import { RetiredDriver } from '../managed/retired-driver.ts';
import { AppMemory } from './app-memory.ts';
import { ModalAccount } from './modal-account.ts';
import { ModalFunction } from './modal-function.ts';
import { ModalSandboxDriver } from './modal-sandbox.ts';
import { parseModalSettings } from './modal-settings.ts';
import type { SandboxVersion } from './sandbox-store.ts';

/** By the version that each one starts. */
export type ModalDrivers = ReadonlyMap<string, Driver>;

export interface ModalDriversOptions {
  readonly catalogue: Catalogue;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stateDir: string;
  /** Floors of versions that the catalogue does not have. */
  readonly retired: readonly RetiredFloor[];
  readonly log: (line: string) => void;
}

export function makeModalDrivers({
  catalogue,
  env,
  stateDir,
  retired,
  log,
}: ModalDriversOptions): Result<ModalDrivers, string> {
  const parsed = parseModalSettings(env);
  if (!parsed.ok) return parsed;
  const account = openAccount();
  if (!account.ok) return account;
  const settings = { ...parsed.value, account: account.value, log };
  const quota = new GpuQuota(settings.gpusMax, () => performance.now());
  const drivers = new Map<string, Driver>();
  const sandboxes = catalogue.versions.filter(isSandbox);
  const open = sandboxes.find(({ launch }) => launch.protocol?.kind === 'vllm' && settings.key === null);
  if (open !== undefined)
    return err(`REPLICA_KEY is not set: whoever finds the address of ${open.id} could put it to sleep`);
  const apps = new AppMemory(stateDir);
  if (sandboxes.length > 0 || apps.names().length > 0) {
    const driver = new ModalSandboxDriver({ ...settings, quota, apps, versions: sandboxes });
    for (const { id } of sandboxes) drivers.set(id, driver);
    if (sandboxes.length === 0) drivers.set('sandboxes of an earlier agent', driver);
  }
  for (const { id, launch } of catalogue.versions) {
    if (launch.kind !== 'modal-function') continue;
    const { gpu, buffer, idleMs } = launch;
    const place = new ModalFunction({ account: account.value, launch, headers: settings.proxyHeaders });
    const lives = new LifeFile(stateDir, id, launch);
    const { endsWithAgent, sweepMs: reconcileMs } = settings;
    const options = {
      version: id,
      place,
      lives,
      gpu,
      buffer,
      idleMs,
      quota,
      endsWithAgent,
      reconcileMs,
      log,
    };
    drivers.set(id, new FunctionDriver(options));
  }
  const held = new Set(catalogue.versions.map(({ launch }) => placeOf(launch)));
  for (const floor of retired) {
    const { id, launch } = floor.version;
    if (launch.kind !== 'modal-function') continue;
    // Another version holds the place by now, and sets its floor.
    if (held.has(placeOf(launch))) {
      floor.forget();
      continue;
    }
    const { gpu, idleMs } = launch;
    const place = new ModalFunction({ account: account.value, launch, headers: settings.proxyHeaders });
    const { sweepMs: reconcileMs } = settings;
    drivers.set(id, new RetiredDriver({ floor, place, gpu, idleMs, quota, reconcileMs, log }));
  }
  return ok(drivers);
}

/** Null for what is no function. */
function placeOf(launch: ModelVersion['launch']): string | null {
  return launch.kind === 'modal-function' ? `${launch.app}/${launch.function}` : null;
}

function openAccount(): Result<ModalAccount, string> {
  try {
    return ok(new ModalAccount());
  } catch (cause) {
    return err(`Modal's client refuses its settings: ${cause instanceof Error ? cause.message : ''}`);
  }
}

function isSandbox(version: ModelVersion): version is SandboxVersion {
  return version.launch.kind === 'modal-sandbox';
}
