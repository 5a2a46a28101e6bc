// A Deployment, scaled through its scale subresource: as many pods as are wanted, idle or not, since nothing here follows the load. Owns the
// calls.
import { err, ok } from '../../../src/core/base/result.ts';
import type { BackendReply } from '../../../src/backends/backend.ts';
import type { PlaceTarget } from '../../../src/backends/managed/managed-place.ts';
import { applyFields } from './apply-fields.ts';
import { deploymentObject, scaleObject } from './cluster-objects.ts';
import { orMissing, readObject, type PlaceShape, type ShapeOptions, type ShapeSight } from './place-shape.ts';

export class DeploymentShape implements PlaceShape {
  readonly #options: ShapeOptions;
  readonly #path: string;
  readonly #what: string;
  /** A Deployment's selector cannot be changed; one that is made anew is found missing in between. */
  #selector: string | null = null;

  constructor(options: ShapeOptions) {
    const { launch, namespace } = options;
    this.#options = options;
    this.#path = `/apis/apps/v1/namespaces/${namespace}/deployments/${launch.name}`;
    this.#what = `Deployment ${launch.name} in the namespace ${namespace}`;
  }

  async set(wanted: () => PlaceTarget): BackendReply<null> {
    const { launch, namespace, api } = this.#options;
    const set = await applyFields({
      api,
      path: this.#path,
      subresource: 'scale',
      fields: [['spec', 'replicas']],
      make: ({ resourceVersion }) => ({
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: launch.name, namespace, resourceVersion },
        spec: { replicas: countPods(wanted()) },
      }),
    });
    return set.ok ? set : err(orMissing(set.error, this.#what));
  }

  async look(): BackendReply<ShapeSight> {
    const { launch, api } = this.#options;
    const [found, selector] = await Promise.all([
      readObject(api, this.#path, { schema: deploymentObject, what: this.#what }),
      this.#findSelector(),
    ]);
    if (!found.ok) {
      this.#selector = null;
      return found;
    }
    if (!selector.ok) return selector;
    return ok({ endpoint: launch.endpoint, selector: selector.value, deployments: [found.value] });
  }

  async #findSelector(): BackendReply<string> {
    if (this.#selector !== null) return ok(this.#selector);
    const scale = await readObject(this.#options.api, `${this.#path}/scale`, {
      schema: scaleObject,
      what: this.#what,
    });
    if (!scale.ok) return scale;
    this.#selector = scale.value.status.selector;
    return ok(this.#selector);
  }
}

/** The buffer runs as well: nobody else begins a pod when a burst comes. */
function countPods({ floor, buffer, ceiling }: PlaceTarget): number {
  return Math.min(floor + buffer, ceiling);
}
