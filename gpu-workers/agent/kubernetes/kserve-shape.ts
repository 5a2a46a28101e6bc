// A KServe InferenceService in its Standard mode, where a HorizontalPodAutoscaler follows minReplicas and maxReplicas. In its Knative mode each
// change of them is a new revision: there the Knative Service below it is what can be scaled. Owns the calls.
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import type { BackendError, BackendReply } from '../../../src/backends/backend.ts';
import type { PlaceTarget } from '../../../src/backends/managed/managed-place.ts';
import { applyFields } from './apply-fields.ts';
import { deploymentList, inferenceService } from './cluster-objects.ts';
import { readObject, type PlaceShape, type ShapeOptions, type ShapeSight } from './place-shape.ts';

/** As the mode is called since KServe 0.16, and before. */
const standardModes: ReadonlySet<string> = new Set(['Standard', 'RawDeployment']);
const modeAnnotation = 'serving.kserve.io/deploymentMode';
const stopAnnotation = 'serving.kserve.io/stop';

export class KserveShape implements PlaceShape {
  readonly #options: ShapeOptions;
  readonly #path: string;
  readonly #what: string;

  constructor(options: ShapeOptions) {
    const { launch, namespace } = options;
    this.#options = options;
    this.#path = `/apis/serving.kserve.io/v1beta1/namespaces/${namespace}/inferenceservices/${launch.name}`;
    this.#what = `InferenceService ${launch.name} in the namespace ${namespace}`;
  }

  async set(wanted: () => PlaceTarget): BackendReply<null> {
    const { api, launch, namespace } = this.#options;
    const found = await this.#find();
    if (!found.ok) return found;
    return applyFields({
      api,
      path: this.#path,
      fields: [
        ['metadata', 'annotations', stopAnnotation],
        ['spec', 'predictor', 'minReplicas'],
        ['spec', 'predictor', 'maxReplicas'],
      ],
      make: ({ uid, resourceVersion }) => {
        const { stop, predictor } = figuresOf(wanted());
        return {
          apiVersion: 'serving.kserve.io/v1beta1',
          kind: 'InferenceService',
          metadata: {
            name: launch.name,
            namespace,
            uid,
            resourceVersion,
            annotations: { [stopAnnotation]: stop },
          },
          spec: { predictor },
        };
      },
    });
  }

  async look(): BackendReply<ShapeSight> {
    const { api, launch, namespace } = this.#options;
    const selector = `serving.kserve.io/inferenceservice=${launch.name}`;
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

  async #find(): Promise<Result<{ readonly url: string | null }, BackendError>> {
    const { api, launch } = this.#options;
    const read = await readObject(api, this.#path, { schema: inferenceService, what: this.#what });
    if (!read.ok) return read;
    const { metadata, status } = read.value;
    const mode = status.deploymentMode ?? metadata.annotations[modeAnnotation] ?? 'unknown';
    if (!standardModes.has(mode)) {
      const help = `annotate it with ${modeAnnotation}: Standard, or, in the Knative mode, give shape "knative" and name "${launch.name}-predictor"`;
      return err({ kind: 'cannot-start', message: `the mode of the ${this.#what} is ${mode}: ${help}` });
    }
    return ok({ url: status.url?.replace(/\/$/, '') ?? null });
  }
}

/** A HorizontalPodAutoscaler keeps one pod at least: none at all is what KServe calls stopped. */
function figuresOf({ floor, buffer, ceiling }: PlaceTarget) {
  const minReplicas = Math.min(floor + buffer, ceiling);
  return {
    stop: String(minReplicas === 0),
    predictor: { minReplicas: Math.max(1, minReplicas), maxReplicas: ceiling },
  };
}
