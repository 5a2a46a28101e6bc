// The backend of a version that the Worker reaches without an agent, over a front of its provider's test server, as the suites need it: its
// lives are on a disk that outlives it.
import type { Backend } from '../../../src/backends/backend.ts';
import type { LifeStore, ManagedLife } from '../../../src/backends/managed/managed-place.ts';
import { makeUpstreamBackend } from '../../../src/backends/upstream/upstream-backend.ts';
import { readUpstreams, type UpstreamAccess } from '../../../src/backends/upstream/read-upstreams.ts';
import { must } from '../../../src/core/base/assert.ts';
import { parseCatalogue } from '../../../src/core/registry/parse-catalogue.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultFront } from '../fault-front.ts';

export interface UpstreamSide {
  /** Replicas at most, as of every version of these suites. */
  readonly replicasMax: number;
  /** What a call of the provider may take. */
  readonly callMs: number;
  /** Settings of the version, for a provider at `url`. */
  version(url: string): object;
  access(url: string): Partial<UpstreamAccess>;
  restUrl?(url: string): string;
}

/** As a row in a pool's storage: text. */
class Disk implements LifeStore {
  #text = '[]';
  read(): readonly ManagedLife[] {
    return JSON.parse(this.#text) as readonly ManagedLife[];
  }
  write(lives: readonly ManagedLife[]): void {
    this.#text = JSON.stringify(lives);
  }
}

export class UpstreamRig {
  readonly front: FaultFront;
  readonly disk = new Disk();
  readonly #side: UpstreamSide;
  #backend: Backend | null = null;

  /** `target`: of the provider's test server. */
  constructor(target: () => string, side: UpstreamSide) {
    this.front = new FaultFront(target);
    this.#side = side;
  }

  get backend(): Backend {
    return (this.#backend ??= this.make());
  }

  /** The next one goes on with what is on disk. */
  restart(): void {
    this.#backend = null;
  }

  /** Over lives of its own, where it is not the pool's. */
  make(access: Partial<UpstreamAccess> = {}, lives: LifeStore = this.disk): Backend {
    const { version: settings, access: accessOf, restUrl, callMs, replicasMax } = this.#side;
    const { url } = this.front;
    const version = { task: 'chat', replicasMax, ...settings(url) };
    const parsed = parseCatalogue(JSON.stringify({ versions: [version] }));
    if (!parsed.ok) throw new Error(parsed.error);
    const upstreams = readUpstreams(parsed.value, { ...noAccess, ...accessOf(url), ...access });
    if (!upstreams.ok) throw new Error(upstreams.error.reason);
    const [first] = parsed.value.versions;
    const known = must(first, 'a version');
    return makeUpstreamBackend({
      version: known,
      upstream: must(upstreams.value.get(known.id), 'its upstream'),
      lives,
      runpodRestUrl: restUrl?.(url) ?? '',
      fetch: (to, init) => fetch(to, init),
      now: () => Date.now(),
      wait: (ms) => sleep(ms),
      lookEveryMs: 20,
      withinMs: callMs,
      doubtMs: callMs + 600,
      shortageMs: 150,
      freshMs: 0,
    });
  }

  /** A stranger's: with another key, over lives of its own. */
  stranger(access: Partial<UpstreamAccess>): Backend {
    return this.make(access, new Disk());
  }
}

const noAccess: UpstreamAccess = {
  runpodKey: '',
  runpodUrl: '',
  runpodRestUrl: 'http://127.0.0.1',
  workersAiAccount: '',
  workersAiToken: '',
  workersAiUrl: '',
  hosts: [],
  isDev: true,
  secret: () => '',
};
