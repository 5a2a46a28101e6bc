// The drivers that launch models on Kubernetes, one for each version in the catalogue. Loaded only where there are any.
import { readFileSync } from 'node:fs';
import { ok, type Result } from '../../../src/core/base/result.ts';
import type { Catalogue, KubernetesLaunch } from '../../../src/core/registry/model.ts';
import type { Driver } from '../driver.ts';
import { FunctionDriver } from '../managed/function-driver.ts';
import { GpuQuota } from '../managed/gpu-quota.ts';
import { LifeFile, type RetiredFloor } from '../managed/life-file.ts';
import { RetiredDriver } from '../managed/retired-driver.ts';
import { ClusterApi } from './cluster-api.ts';
import { ClusterPlace } from './cluster-place.ts';
import { parseClusterSettings } from './cluster-settings.ts';
import { DeploymentShape } from './deployment-shape.ts';
import { KnativeShape } from './knative-shape.ts';
import { KserveShape } from './kserve-shape.ts';
import type { PlaceShape, ShapeOptions } from './place-shape.ts';

export interface KubernetesDriversOptions {
  readonly catalogue: Catalogue;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stateDir: string;
  /** Floors of versions that the catalogue does not have. */
  readonly retired: readonly RetiredFloor[];
  readonly log: (line: string) => void;
}

/** By the version that each one starts. */
export function makeKubernetesDrivers({
  catalogue,
  env,
  stateDir,
  retired,
  log,
}: KubernetesDriversOptions): Result<ReadonlyMap<string, Driver>, string> {
  const settings = parseClusterSettings(env, readText);
  if (!settings.ok) return settings;
  const { gpusMax, endsWithAgent, sweepMs: reconcileMs } = settings.value;
  const api = new ClusterApi(settings.value);
  const quota = new GpuQuota(gpusMax, () => performance.now());
  const drivers = new Map<string, Driver>();
  const placeOf = (launch: KubernetesLaunch): { readonly place: ClusterPlace; readonly name: string } => {
    const options = { api, launch, namespace: launch.namespace ?? settings.value.namespace };
    const name = [options.namespace, launch.shape, launch.name].join('/');
    return { place: new ClusterPlace(options, makeShape(launch, options)), name };
  };
  const held = new Set<string>();
  for (const { id: version, launch } of catalogue.versions) {
    if (launch.kind !== 'kubernetes') continue;
    const { place, name } = placeOf(launch);
    held.add(name);
    const lives = new LifeFile(stateDir, version, launch);
    const { gpu, buffer, shortageMs } = launch;
    // How long an idle pod is kept is said where it is deployed.
    const figures = { gpu, buffer, shortageMs, idleMs: 0 };
    drivers.set(
      version,
      new FunctionDriver({ ...figures, version, place, lives, quota, endsWithAgent, reconcileMs, log }),
    );
  }
  for (const floor of retired) {
    const { id, launch } = floor.version;
    if (launch.kind !== 'kubernetes') continue;
    const { place, name } = placeOf(launch);
    const { gpu } = launch;
    // Where another version holds the object by now, that one sets its floor.
    if (held.has(name)) floor.forget();
    else drivers.set(id, new RetiredDriver({ floor, place, gpu, idleMs: 0, quota, reconcileMs, log }));
  }
  return ok(drivers);
}

function makeShape({ shape }: KubernetesLaunch, options: ShapeOptions): PlaceShape {
  switch (shape) {
    case 'deployment':
      return new DeploymentShape(options);
    case 'knative':
      return new KnativeShape(options);
    case 'kserve':
      return new KserveShape(options);
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
