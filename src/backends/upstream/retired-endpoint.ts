// The backend of a version that has left the configuration and was served by an endpoint that runs without us. Nothing was ever told there,
// so that nobody has to be asked: what the pool held ends at once, whether or not the endpoint may still be called.
import { err, ok } from '../../core/base/result.ts';
import type { ModelVersion } from '../../core/registry/model.ts';
import type { Backend, BackendReply, ReplicaReport } from '../backend.ts';
import { capabilitiesOf } from '../capabilities.ts';
import type { LifeStore } from '../managed/managed-place.ts';

export function makeRetiredEndpoint({ id, launch }: ModelVersion, lives: LifeStore): Backend {
  const missing = (): BackendReply<ReplicaReport> =>
    Promise.resolve(err({ kind: 'not-found', message: `${id} is not served any more` }));
  return {
    capabilities: capabilitiesOf(launch),
    start: () => Promise.resolve(err({ kind: 'cannot-start', message: `${id} is not served any more` })),
    park: missing,
    wake: missing,
    drain: missing,
    stop(ref) {
      lives.write(lives.read().filter((life) => life.id !== ref.id));
      return Promise.resolve(ok(null));
    },
    list: () => Promise.resolve(ok([])),
    capacity: () => Promise.resolve(ok({ replicasMax: 0, replicas: 0 })),
  };
}
