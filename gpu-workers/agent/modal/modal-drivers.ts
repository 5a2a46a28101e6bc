// The drivers that launch models on Modal, made as far as the catalogue needs them. Loaded only then: the client is large.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { Catalogue, ModelVersion } from '../../../src/core/registry/model.ts';
import type { Driver } from '../driver.ts';
import { FunctionDriver } from '../managed/function-driver.ts';
import { GpuQuota } from '../managed/gpu-quota.ts';
import { LifeFile } from '../managed/life-file.ts';
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
  readonly log: (line: string) => void;
}

export function makeModalDrivers({
  catalogue,
  env,
  stateDir,
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
  if (sandboxes.length > 0) {
    const driver = new ModalSandboxDriver({ ...settings, quota, versions: sandboxes });
    for (const { id } of sandboxes) drivers.set(id, driver);
  }
  for (const { id, launch } of catalogue.versions) {
    if (launch.kind !== 'modal-function') continue;
    const { gpu, buffer, idleMs } = launch;
    const place = new ModalFunction({ account: account.value, launch, headers: settings.proxyHeaders });
    const lives = new LifeFile(stateDir, id);
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
  return ok(drivers);
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
