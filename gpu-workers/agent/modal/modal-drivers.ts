// The drivers that launch models on Modal, made as far as the catalogue needs them. Loaded only then: the client is large.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { Catalogue, Launch, ModelVersion } from '../../../src/core/registry/model.ts';
import type { Driver } from '../driver.ts';
import { ModalAccount } from './modal-account.ts';
import { ModalSandboxDriver } from './modal-sandbox.ts';
import { parseModalSettings } from './modal-settings.ts';
import type { SandboxVersion } from './sandbox-store.ts';

export type ModalDrivers = ReadonlyMap<Launch['kind'], Driver>;

export function makeModalDrivers(
  { versions }: Catalogue,
  env: Readonly<Record<string, string | undefined>>,
  log: (line: string) => void,
): Result<ModalDrivers, string> {
  const settings = parseModalSettings(env);
  if (!settings.ok) return settings;
  const drivers = new Map<Launch['kind'], Driver>();
  let account: ModalAccount;
  try {
    account = new ModalAccount();
  } catch (cause) {
    return err(`Modal's client refuses its settings: ${cause instanceof Error ? cause.message : ''}`);
  }
  const sandboxes = versions.filter(isSandbox);
  if (sandboxes.length > 0) {
    const options = { ...settings.value, account, versions: sandboxes, log };
    drivers.set('modal-sandbox', new ModalSandboxDriver(options));
  }
  return ok(drivers);
}

function isSandbox(version: ModelVersion): version is SandboxVersion {
  return version.launch.kind === 'modal-sandbox';
}
