// A Knative Service. Its figures are set on the revision that serves, not on the template: a changed template is a new revision, whose pods
// would load the model anew. Owns the calls.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { BackendError, BackendReply } from '../../../src/backends/backend.ts';
import type { PlaceTarget } from '../../../src/backends/managed/managed-place.ts';
import { applyFields } from './apply-fields.ts';
import { deploymentList, knativeService } from './cluster-objects.ts';
import { readObject, type PlaceShape, type ShapeOptions, type ShapeSight } from './place-shape.ts';

const minScale = 'autoscaling.knative.dev/min-scale';
const maxScale = 'autoscaling.knative.dev/max-scale';

interface Found {
  readonly url: string | null;
  readonly revision: string | null;
}

export class KnativeShape implements PlaceShape {
  readonly #options: ShapeOptions;
  readonly #what: string;

  constructor(options: ShapeOptions) {
    this.#options = options;
    this.#what = `Knative Service ${options.launch.name} in the namespace ${options.namespace}`;
  }

  async set(wanted: () => PlaceTarget): BackendReply<null> {
    const { api, namespace } = this.#options;
    const found = await this.#find();
    if (!found.ok) return found;
    const { revision } = found.value;
    if (revision === null)
      return err({ kind: 'unreachable', message: `${this.#what} has no revision that is ready yet` });
    return applyFields({
      api,
      path: `/apis/serving.knative.dev/v1/namespaces/${namespace}/revisions/${revision}`,
      fields: [minScale, maxScale].map((name) => ['metadata', 'annotations', name]),
      make: ({ uid, resourceVersion }) => ({
        apiVersion: 'serving.knative.dev/v1',
        kind: 'Revision',
        metadata: { name: revision, namespace, uid, resourceVersion, annotations: annotate(wanted()) },
      }),
    });
  }

  async look(): BackendReply<ShapeSight> {
    const { api, launch, namespace } = this.#options;
    const selector = `serving.knative.dev/service=${launch.name}`;
    const query = encodeURIComponent(selector);
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments?labelSelector=${query}`;
    const [found, deployments] = await Promise.all([
      this.#find(),
      readObject(api, path, { schema: deploymentList, what: `list of Deployments of the ${this.#what}` }),
    ]);
    if (!found.ok) return found;
    if (!deployments.ok) return deployments;
    const endpoint = launch.endpoint ?? found.value.url;
    return ok({ endpoint, selector, deployments: deployments.value.items });
  }

  async #find(): Promise<Result<Found, BackendError>> {
    const { api, launch, namespace } = this.#options;
    const path = `/apis/serving.knative.dev/v1/namespaces/${namespace}/services/${launch.name}`;
    const read = await readObject(api, path, { schema: knativeService, what: this.#what });
    if (!read.ok) return read;
    const { url = null, latestReadyRevisionName: revision = null } = read.value.status;
    return ok({ url: url === null ? null : url.replace(/\/$/, ''), revision });
  }
}

/** A max-scale of 0 would be no bound at all; a target's ceiling is one at least. */
function annotate({ floor, buffer, ceiling }: PlaceTarget): Record<string, string> {
  return {
    [minScale]: String(Math.min(floor + buffer, ceiling)),
    [maxScale]: String(ceiling),
  };
}
