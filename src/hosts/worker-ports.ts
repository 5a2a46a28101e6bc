// Lends one request (or one Durable Object's turn) what dispatch needs: slots from this isolate's broker, fetch, the clock, and work
// that outlives the response. The broker is the isolate's; the calls are the request's own.
import { readConfig } from '../config.ts';
import type { Env } from '../env.ts';
import type { Upstreams } from '../backends/upstream/read-upstreams.ts';
import type { DispatchPorts } from './dispatch.ts';
import {
  budgetLeft,
  decideExtra,
  noBudget,
  noteAdmitted,
  type RetryBudget,
} from '../core/resilience/retry-budget.ts';
import type { AttemptBudget } from './attempt-target.ts';
import { PoolNews } from './pool-news.ts';
import type { BrokerPorts, PoolCalls } from './pool-calls.ts';
import { makeReplicaFetch, noKeys, type Fetch } from './replica-fetch.ts';
import { SlotBroker } from './slot-broker.ts';
import { fetchUpstream } from './upstream-fetch.ts';

/** Shared by every request of this isolate; holds plain data only. */
const broker = new SlotBroker();
/** What this isolate knows of the pools: by glances, by its own requests, and by what the pools said to its slots. */
export const poolNews = new PoolNews(() => broker.verdicts());
/** Slots of a pool that this isolate keeps for its next requests. */
export const idleSlots = (pool: string): number => broker.idleCount(pool);
/** One for all pools and tenants of the isolate: what fails together must not be retried apart. */
let budget: RetryBudget = noBudget;

const sharedBudget: AttemptBudget = {
  take(kind, _pool, kept = 0) {
    const asked = { kind: kind === 'continuation' ? 'fallback' : kind, outermost: true, kept } as const;
    const decided = decideExtra(budget, asked, Date.now());
    budget = decided.budget;
    return decided.granted;
  },
  left: () => budgetLeft(budget, Date.now()),
};

/** A client's request has begun: what extra attempts are a share of. */
export function admitRequest(): void {
  budget = noteAdmitted(budget, Date.now());
}

/** What an ExecutionContext and a DurableObjectState have in common. */
export interface Lifetime {
  waitUntil(work: Promise<unknown>): void;
}

export function portsFor(env: Env, lifetime: Lifetime): DispatchPorts {
  const now = (): number => Date.now();
  const waitUntil = (work: Promise<unknown>): void => lifetime.waitUntil(work);
  const brokerPorts: BrokerPorts = {
    calls: poolCalls(env),
    now,
    sleep: (ms) => scheduler.wait(ms),
    waitUntil,
  };
  const beating = new Map<string, ReturnType<typeof setInterval>>();
  /** Leases of those whom no other pool could serve. */
  const bound = new Set<string>();
  /** The request that was not turned away and has not asked yet. An object lends the same ports to all that it does. */
  let letThrough: string | null = null;
  return {
    turnAway(request) {
      const refusal = broker.turnAway(request, brokerPorts);
      letThrough = refusal === null ? request.requestId : null;
      return refusal;
    },
    async acquire(request, signal) {
      // Of the first time alone: what comes after a failed attempt is drawn for like any other request.
      const hasDrawn = letThrough === request.requestId;
      letThrough = null;
      const isBound = request.canGoElsewhere !== true;
      poolNews.entered(request.pool, isBound, now());
      const answer = await broker.acquire(request, signal, brokerPorts, hasDrawn);
      if (!answer.ok) {
        poolNews.left(request.pool, isBound, now());
        return answer;
      }
      const grant = answer.value;
      if (isBound) bound.add(grant.leaseId);
      const beat = (): void => waitUntil(broker.beat(grant, brokerPorts).catch(() => undefined));
      beating.set(grant.leaseId, setInterval(beat, SlotBroker.selfBeatMs));
      return answer;
    },
    release(grant, outcome, end) {
      clearInterval(beating.get(grant.leaseId) ?? null);
      beating.delete(grant.leaseId);
      poolNews.left(grant.pool, bound.delete(grant.leaseId), now());
      broker.release(grant, outcome, brokerPorts, end);
    },
    health: {
      overdueMs: (pool) => broker.overdueMs(pool),
      isLeftOut: (grant) => broker.isLeftOut(grant),
      begin: (grant, streams) => broker.begin(grant, streams, brokerPorts),
      firstToken: (grant, tookMs) => broker.firstToken(grant, tookMs, brokerPorts),
      report: (grant, report) => broker.report(grant, report, brokerPorts),
      endProbe: (grant, outcome) => broker.endProbe(grant, outcome, brokerPorts),
    },
    sight: (version) => poolNews.sight(version, now()),
    budget: sharedBudget,
    fetch: replicaFetchOf(env),
    now,
    waitUntil,
  };
}

function replicaFetchOf(env: Env): DispatchPorts['fetch'] {
  const config = readConfig(env);
  const plain: Fetch = (url, init) => fetch(url, init);
  const replica = makeReplicaFetch(plain, config.ok ? config.value.replicaKeys : noKeys);
  const upstreams: Upstreams = config.ok ? config.value.upstreams : new Map();
  return (url, init, { version, path }) => {
    const upstream = upstreams.get(version);
    // What the pool says of an endpoint is not heeded: hosts and keys are the configuration's.
    return upstream === undefined ? replica(url, init) : fetchUpstream(plain, upstream, { path, init });
  };
}

function poolCalls(env: Env): PoolCalls {
  // A stub is made for each call: one that has seen an error stays broken.
  return {
    acquire: async (pool, waiter) => env.POOL.getByName(pool).acquire(pool, waiter),
    acquireAfter: async (pool, told, waiter) => env.POOL.getByName(pool).acquireAfter(pool, told, waiter),
    cancel: async (pool, waiterId) => env.POOL.getByName(pool).cancel(pool, waiterId),
    release: async (pool, ...told) => env.POOL.getByName(pool).release(pool, ...told),
    beat: async (pool, beat) => env.POOL.getByName(pool).beat(pool, beat),
  };
}
