// Bugs that can be planted in a backend under test, by name: what the suites of conformance must catch. A planted backend wraps the real one
// and does one thing wrong. `CONFORMANCE_PLANT=driver:bug` chooses one; without it nothing is changed.
import type { Backend, ReplicaReport, StartCommand } from '../../../src/backends/backend.ts';
import { err, ok } from '../../../src/core/base/result.ts';
import { classOf } from '../../../src/core/pool/failure-class.ts';

export const drivers = [
  'local',
  'modal-sandbox',
  'modal-function',
  'runpod',
  'kubernetes',
  'openai',
  'workers-ai',
] as const;
export type DriverName = (typeof drivers)[number];

type Plant = (real: Backend) => Backend;

/** Each with what it is, for people. */
export const bugs: Readonly<Record<string, { readonly what: string; readonly plant: Plant }>> = {
  'begins-again': {
    what: 'a start that is sent again begins another replica',
    plant(real) {
      const seen = new Map<string, number>();
      return {
        ...real,
        start(command) {
          const times = (seen.get(command.id) ?? 0) + 1;
          seen.set(command.id, times);
          return real.start(times === 1 ? command : { ...command, id: `${command.id}-${times}` });
        },
      };
    },
  },
  'no-fence': {
    what: 'the generation of a command is not looked at',
    plant: (real) => {
      const latest = new Map<string, number>();
      const newest = <T extends { id: string; generation: number }>(ref: T): T => {
        const generation = Math.max(latest.get(ref.id) ?? 0, ref.generation);
        latest.set(ref.id, generation);
        return { ...ref, generation };
      };
      return {
        ...real,
        start: (command) => real.start(newest(command)),
        park: (ref) => real.park(newest(ref)),
        wake: (ref) => real.wake(newest(ref)),
        drain: (ref) => real.drain(newest(ref)),
        stop: (ref) => real.stop(newest(ref)),
      };
    },
  },
  'stops-nothing': {
    what: 'a stop is answered, and nothing is ended',
    plant: (real) => ({ ...real, stop: () => Promise.resolve(ok(null)) }),
  },
  'ready-at-once': {
    what: 'a replica is called ready before it is',
    plant: (real) => ({
      ...real,
      async start(command) {
        const reply = await real.start({ ...command, waitMs: 0 });
        return reply.ok ? ok({ ...reply.value, condition: 'ready' as const }) : reply;
      },
    }),
  },
  'lists-all': {
    what: 'a list holds the replicas of other pools too',
    plant(real) {
      const pools = new Set<string>();
      return {
        ...real,
        start(command: StartCommand) {
          pools.add(command.pool);
          return real.start(command);
        },
        async list() {
          const all: ReplicaReport[] = [];
          for (const pool of pools) {
            const listed = await real.list(pool);
            if (!listed.ok) return listed;
            all.push(...listed.value);
          }
          return ok(all);
        },
      };
    },
  },
  'capacity-is-an-outage': {
    what: 'a lack of room is told as an outage',
    plant: (real) => ({
      ...real,
      async start(command) {
        const reply = await real.start(command);
        if (reply.ok || classOf(reply.error.kind) !== 'capacity') return reply;
        return err({ kind: 'unreachable', message: reply.error.message });
      },
    }),
  },
  'takes-errors-for-an-end': {
    what: 'an error is taken for the end of a life',
    plant: (real) => ({
      ...real,
      async list(pool) {
        const listed = await real.list(pool);
        return listed.ok ? listed : ok([]);
      },
      async stop(ref) {
        const reply = await real.stop(ref);
        return !reply.ok && classOf(reply.error.kind) === 'transient' ? ok(null) : reply;
      },
    }),
  },
};

export function plantedAs(driver: DriverName, real: Backend): Backend {
  const [where, name = ''] = (process.env['CONFORMANCE_PLANT'] ?? '').split(':');
  if (where !== driver) return real;
  const bug = bugs[name];
  if (bug === undefined) throw new Error(`no such bug to plant: ${name}`);
  // One wrapper for one backend: what it remembers is of all calls.
  const known = planted.get(real);
  if (known !== undefined) return known;
  const wrapped = bug.plant(real);
  planted.set(real, wrapped);
  return wrapped;
}

const planted = new WeakMap<Backend, Backend>();
