// Several versions that the Worker reaches without an agent, as one backend: in the product each has a pool of its own.
import type { Backend, ReplicaRef, ReplicaReport } from '../../../src/backends/backend.ts';
import { must } from '../../../src/core/base/assert.ts';
import { err, ok } from '../../../src/core/base/result.ts';

/** The first one also hears what is of no version that is known. */
export function byVersion(backends: ReadonlyMap<string, Backend>): Backend {
  const [first] = backends.values();
  const main = must(first, 'a backend');
  const started = new Map<string, Backend>();
  const of = ({ id }: ReplicaRef): Backend => started.get(id) ?? main;
  return {
    capabilities: main.capabilities,
    start(command) {
      const backend = backends.get(command.version) ?? main;
      started.set(command.id, backend);
      return backend.start(command);
    },
    park: (ref) => of(ref).park(ref),
    wake: (ref) => of(ref).wake(ref),
    drain: (ref) => of(ref).drain(ref),
    stop: (ref) => of(ref).stop(ref),
    async list(pool) {
      const all: ReplicaReport[] = [];
      for (const backend of backends.values()) {
        const listed = await backend.list(pool);
        if (!listed.ok) return err(listed.error);
        all.push(...listed.value);
      }
      return ok(all);
    },
    capacity: () => main.capacity(),
  };
}
