// Something on Kubernetes as a place that scales by itself: what it is told goes out one write at a time, what it is is read from its pods.
import { ok } from '../../../src/core/base/result.ts';
import type { BackendReply } from '../../../src/backends/backend.ts';
import type { ManagedPlace, PlaceSight, PlaceTarget } from '../../../src/backends/managed/managed-place.ts';
import { callServer } from '../call-server.ts';
import { podList } from './cluster-objects.ts';
import { countPods } from './count-pods.ts';
import { LatestTarget } from './latest-target.ts';
import { readObject, type PlaceShape, type ShapeOptions } from './place-shape.ts';

const lookWithinMs = 3_000;
/** More pods than GPUs that a setting may allow. */
const podsMax = 1_000;

export class ClusterPlace implements ManagedPlace {
  readonly #options: ShapeOptions;
  readonly #shape: PlaceShape;
  readonly #latest: LatestTarget;
  #endpoint: string | null = null;

  constructor(options: ShapeOptions, shape: PlaceShape) {
    this.#options = options;
    this.#shape = shape;
    this.#latest = new LatestTarget((wanted) => shape.set(wanted));
  }

  set(target: PlaceTarget): BackendReply<null> {
    return this.#latest.set(target);
  }

  async look(): BackendReply<PlaceSight> {
    const found = await this.#shape.look();
    if (!found.ok) return found;
    const { endpoint, selector, deployments } = found.value;
    const { api, launch, namespace } = this.#options;
    const query = `labelSelector=${encodeURIComponent(selector)}&limit=${podsMax}`;
    const pods = await readObject(api, `/api/v1/namespaces/${namespace}/pods?${query}`, {
      schema: podList,
      what: `list of pods of ${launch.name}`,
    });
    if (!pods.ok) return pods;
    this.#endpoint = endpoint;
    return ok({ endpoint, ...countPods(pods.value.items, deployments) });
  }

  async answers(): Promise<boolean> {
    if (this.#endpoint === null) return false;
    const url = `${this.#endpoint}${this.#options.launch.readyPath}`;
    const reply = await callServer('GET', url, { timeoutMs: lookWithinMs });
    return reply?.status === 200;
  }
}
