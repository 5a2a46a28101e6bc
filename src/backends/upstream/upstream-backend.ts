// The backend of a version that the Worker reaches without an agent: the managed contract over its place. Runs inside the version's pool
// object, whose storage keeps the lives.
import { ok } from '../../core/base/result.ts';
import { unreachable } from '../../core/base/assert.ts';
import type { ModelVersion } from '../../core/registry/model.ts';
import type { Backend } from '../backend.ts';
import { capabilitiesOf } from '../capabilities.ts';
import { FixedPlace } from '../managed/fixed-place.ts';
import { ManagedBackend } from '../managed/managed-backend.ts';
import type { LifeStore, ManagedPlace } from '../managed/managed-place.ts';
import type { PlaceFetch } from '../managed/place-call.ts';
import { probeOpenai, probeWorkersAi } from '../managed/probe-upstream.ts';
import { RunpodPlace } from '../managed/runpod-place.ts';
import type { Upstream } from './read-upstreams.ts';

export interface UpstreamBackendOptions {
  readonly version: ModelVersion;
  readonly upstream: Upstream;
  readonly lives: LifeStore;
  readonly runpodRestUrl: string;
  /** Another version is served at the same place by now: this one takes back what it had wanted there, once, and sets nothing again. */
  readonly isHandedOver?: boolean;
  readonly fetch: PlaceFetch;
  now(): number;
  wait(ms: number): Promise<void>;
  /** Between two looks at a place that is awaited. */
  readonly lookEveryMs?: number;
  /** What one call of the provider may take. */
  readonly withinMs?: number;
  /** How long a worker that is held back for want of machines is waited for. */
  readonly shortageMs?: number;
  /** How long a change that was not answered may still be carried out. */
  readonly doubtMs?: number;
  /** How long a probe is taken to hold. */
  readonly freshMs?: number;
}

/** Two calls a look, and loads that take tens of seconds: often enough to matter to nobody, rarely enough for any rate limit. */
const lookEveryMsDefault = 2_000;

/** Throttled workers often run a moment later; most of a start's long poll. */
const shortageMsDefault = 15_000;

export function makeUpstreamBackend(options: UpstreamBackendOptions): Backend {
  const { version, lives, lookEveryMs = lookEveryMsDefault, shortageMs = shortageMsDefault } = options;
  const { launch } = version;
  const { isHandedOver = false } = options;
  const managed = new ManagedBackend({
    version: version.id,
    place: placeOf(options),
    lives,
    // RunPod itself holds all endpoints of an account to its quota, and refuses beyond.
    containersMax: () => version.replicasMax,
    buffer: 0,
    idleMs: launch.kind === 'runpod' ? launch.idleMs : 0,
    shortageMs,
    // A fixed endpoint runs nothing of ours, and what runs at one that was handed over is another version's.
    awaitsEnd: launch.kind === 'runpod' && !isHandedOver,
    now: () => options.now(),
    wait: (ms) => options.wait(ms),
    lookEveryMs,
  });
  return {
    capabilities: capabilitiesOf(launch),
    start: (command) => managed.start(command),
    park: (ref) => managed.park(ref),
    wake: (ref) => managed.wake(ref),
    drain: (ref) => managed.drain(ref),
    stop: (ref) => managed.stop(ref),
    async list(pool) {
      // A pool that has replicas lists them every few seconds: this is when a floor that others have reset is set again. Where that
      // fails the list still tells what is there, and the next one tries again.
      if (!isHandedOver && lives.read().length > 0) await managed.reconcile();
      return managed.list(pool);
    },
    capacity: () => Promise.resolve(ok(managed.capacity())),
  };
}

function placeOf(options: UpstreamBackendOptions): ManagedPlace {
  const { version, upstream, runpodRestUrl: restUrl, fetch, withinMs, freshMs, doubtMs } = options;
  const { launch } = version;
  const now = (): number => options.now();
  const common = { fetch, now, ...(withinMs !== undefined && { withinMs }) };
  const { baseUrl } = upstream;
  const fixed = { baseUrl, now, ...(freshMs !== undefined && { freshMs }) };
  switch (launch.kind) {
    case 'runpod': {
      const { endpoint } = launch;
      const doubt = doubtMs !== undefined && { doubtMs };
      return new RunpodPlace({ ...common, ...doubt, restUrl, baseUrl, endpoint, key: upstream.key ?? '' });
    }
    case 'openai':
      return new FixedPlace({
        ...fixed,
        probe: () => (launch.probe ? probeOpenai({ ...common, upstream }) : Promise.resolve(ok(null))),
      });
    case 'workers-ai':
      return new FixedPlace({ ...fixed, probe: () => probeWorkersAi({ ...common, upstream }) });
    case 'llama':
    case 'embedder':
    case 'paced':
    case 'command':
    case 'modal-sandbox':
    case 'modal-function':
    case 'kubernetes':
      throw new Error(`${version.id} is the agent's`);
    default:
      return unreachable(launch);
  }
}
