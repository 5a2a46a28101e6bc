// Who is here now: the sessions of tenants, and what they say of each pool's next minutes. A tenant who has just used a pool is likely
// to come again (`stay`); one who is active elsewhere may come over (`cross`), the likelier the more it has used the pool before.
// Owns what is remembered of tenants and for how long. Pure.
import { SessionHazard, sessionGapMs, sessionMsMax, type SessionHazardSnapshot } from './session-hazard.ts';

/** Tenants that are remembered; the one that was away longest is forgotten first. */
export const tenantsMax = 8_192;
/** Pools remembered of one tenant: far more than most ever use. */
const poolsPerTenantMax = 8;
/** How much a pool's general share counts beside a tenant's own history, in requests. */
const shareWeight = 4;

interface Visit {
  readonly pool: number;
  count: number;
  lastMs: number;
  length: number;
}

interface Tenant {
  lastMs: number;
  lastPool: number;
  length: number;
  requests: number;
  readonly visits: Visit[];
}

type TenantRow = readonly [
  id: number,
  lastMs: number,
  lastPool: number,
  length: number,
  requests: number,
  here: 0 | 1,
  /** pool, count, lastMs, length */
  visits: readonly (readonly number[])[],
];

export interface TenantSnapshot {
  readonly stay: SessionHazardSnapshot;
  readonly cross: SessionHazardSnapshot;
  readonly share: readonly number[];
  /** In the order of their last request. */
  readonly tenants: readonly TenantRow[];
}

export class TenantSessions {
  readonly #stayHazard = new SessionHazard();
  readonly #crossHazard = new SessionHazard();
  readonly #tenants = new Map<number, Tenant>();
  /** Tenants within `sessionMsMax` of their last request, the longest away first. */
  readonly #here = new Map<number, Tenant>();
  /** Requests of each pool, for its share. */
  #requests: Float64Array;
  #requestsTotal = 0;
  #stay: Float64Array;
  #cross: Float64Array;
  #crossElsewhere: Float64Array;
  /** Moment that `stay` and `cross` speak of; NaN when something has come since. */
  #measuredMs = Number.NaN;

  constructor(poolCount: number) {
    this.#requests = new Float64Array(poolCount);
    this.#stay = new Float64Array(poolCount);
    this.#cross = new Float64Array(poolCount);
    this.#crossElsewhere = new Float64Array(poolCount);
  }

  /** Makes room for more pools. */
  grow(poolCount: number): void {
    if (poolCount <= this.#stay.length) return;
    this.#requests = grown(this.#requests, poolCount);
    this.#stay = grown(this.#stay, poolCount);
    this.#cross = grown(this.#cross, poolCount);
    this.#crossElsewhere = grown(this.#crossElsewhere, poolCount);
  }

  /** Requests per second to expect of tenants that were at this pool within the hour; as of the last `measure`. */
  stay(pool: number): number {
    return this.#stay[pool] ?? 0;
  }

  /** Requests per second to expect of tenants that are active elsewhere. */
  cross(pool: number): number {
    return this.#cross[pool] ?? 0;
  }

  arrive(id: number, pool: number, atMs: number): void {
    const tenant = this.#tenants.get(id) ?? this.#admit(id, atMs, pool);
    // Pools report one after the other: what comes late counts as having come with the tenant's latest.
    const nowMs = Math.max(atMs, tenant.lastMs);
    this.#measuredMs = Number.NaN;
    if (tenant.requests > 0) this.#learn(tenant, pool, nowMs);
    tenant.length = nowMs - tenant.lastMs > sessionGapMs ? 1 : tenant.length + 1;
    tenant.lastMs = nowMs;
    tenant.lastPool = pool;
    tenant.requests += 1;
    this.#requests[pool] = (this.#requests[pool] ?? 0) + 1;
    this.#requestsTotal += 1;
    visit(tenant, pool, nowMs);
    // Moved to the end: both maps stay in the order of the last request.
    this.#here.delete(id);
    this.#here.set(id, tenant);
    this.#tenants.delete(id);
    this.#tenants.set(id, tenant);
  }

  /** Sessions that are over by now are learned from, and left out from now on. */
  endSessions(nowMs: number): void {
    for (const [id, tenant] of this.#here) {
      // In the order of their last request: those behind are here for longer still.
      if (nowMs - tenant.lastMs < sessionMsMax) break;
      this.#leave(id, tenant);
    }
    this.#measuredMs = Number.NaN;
  }

  /** Computes `stay` and `cross` of all pools for this moment. Learns nothing. */
  measure(nowMs: number): void {
    if (this.#measuredMs === nowMs) return;
    this.#measuredMs = nowMs;
    this.#stay.fill(0);
    this.#cross.fill(0);
    this.#crossElsewhere.fill(0);
    let everywhere = 0;
    for (const tenant of this.#here.values())
      if (nowMs - tenant.lastMs < sessionMsMax) everywhere += this.#measureTenant(tenant, nowMs);
    if (everywhere === 0) return;
    for (let pool = 0; pool < this.#cross.length; pool += 1) {
      const share = this.#share(pool);
      this.#cross[pool] = (this.#cross[pool] ?? 0) + share * (everywhere - (this.#crossElsewhere[pool] ?? 0));
    }
  }

  /** Adds what one tenant says; returns its part for pools in general. */
  #measureTenant(tenant: Tenant, nowMs: number): number {
    const { lastPool, visits } = tenant;
    let known = shareWeight * (1 - this.#share(lastPool));
    for (const { pool, count, lastMs, length } of visits) {
      const elapsed = nowMs - lastMs;
      if (elapsed < sessionMsMax) {
        this.#stay[pool] = (this.#stay[pool] ?? 0) + this.#stayHazard.perSecond(elapsed, length);
      }
      if (pool !== lastPool) known += count;
    }
    if (known <= 0) return 0;
    const perWeight = this.#crossHazard.perSecond(nowMs - tenant.lastMs, tenant.length) / known;
    for (const { pool, count } of visits) {
      if (pool !== lastPool) this.#cross[pool] = (this.#cross[pool] ?? 0) + perWeight * count;
    }
    this.#crossElsewhere[lastPool] = (this.#crossElsewhere[lastPool] ?? 0) + perWeight * shareWeight;
    return perWeight * shareWeight;
  }

  #share(pool: number): number {
    return this.#requestsTotal === 0 ? 0 : (this.#requests[pool] ?? 0) / this.#requestsTotal;
  }

  #admit(id: number, nowMs: number, pool: number): Tenant {
    const tenant: Tenant = { lastMs: nowMs, lastPool: pool, length: 0, requests: 0, visits: [] };
    this.#tenants.set(id, tenant);
    if (this.#tenants.size > tenantsMax) {
      const [oldest] = this.#tenants.keys();
      if (oldest !== undefined) {
        this.#tenants.delete(oldest);
        this.#here.delete(oldest);
      }
    }
    return tenant;
  }

  #learn(tenant: Tenant, pool: number, nowMs: number): void {
    const elapsed = nowMs - tenant.lastMs;
    if (elapsed < sessionMsMax) this.#crossHazard.observe(elapsed, tenant.length, pool !== tenant.lastPool);
    const known = tenant.visits.find((each) => each.pool === pool);
    if (known !== undefined && nowMs - known.lastMs < sessionMsMax)
      this.#stayHazard.observe(nowMs - known.lastMs, known.length, true);
  }

  /** The session is over: nothing came in all that time. */
  #leave(id: number, tenant: Tenant): void {
    this.#here.delete(id);
    this.#crossHazard.observe(sessionMsMax, tenant.length, false);
    for (const { length, lastMs } of tenant.visits)
      if (lastMs > tenant.lastMs - sessionMsMax) this.#stayHazard.observe(sessionMsMax, length, false);
  }

  snapshot(): TenantSnapshot {
    return {
      stay: this.#stayHazard.snapshot(),
      cross: this.#crossHazard.snapshot(),
      share: [...this.#requests],
      tenants: [...this.#tenants].map(([id, each]) => [
        id,
        each.lastMs,
        each.lastPool,
        each.length,
        each.requests,
        this.#here.has(id) ? 1 : 0,
        each.visits.map(({ pool, count, lastMs, length }) => [pool, count, lastMs, length]),
      ]),
    };
  }

  /** False when the snapshot is of other sizes or holds what is no number: what was known of tenants stays. */
  restore(snapshot: TenantSnapshot): boolean {
    if (!areTenantsSound(snapshot)) return false;
    if (!this.#stayHazard.restore(snapshot.stay) || !this.#crossHazard.restore(snapshot.cross)) return false;
    this.grow(snapshot.share.length);
    this.#measuredMs = Number.NaN;
    this.#requests.fill(0);
    this.#requests.set(snapshot.share);
    this.#requestsTotal = snapshot.share.reduce((sum, each) => sum + each, 0);
    this.#tenants.clear();
    this.#here.clear();
    for (const [id, lastMs, lastPool, length, requests, here, visits] of snapshot.tenants) {
      const tenant: Tenant = {
        lastMs,
        lastPool,
        length,
        requests,
        visits: visits.map(([pool = 0, count = 0, at = 0, n = 0]) => ({
          pool,
          count,
          lastMs: at,
          length: n,
        })),
      };
      this.#tenants.set(id, tenant);
      if (here === 1) this.#here.set(id, tenant);
    }
    return true;
  }
}

function areTenantsSound({ share, tenants }: TenantSnapshot): boolean {
  return (
    share.every((each) => Number.isFinite(each) && each >= 0) &&
    tenants.length <= tenantsMax &&
    tenants.every(
      (row) =>
        row[6].length <= poolsPerTenantMax &&
        row.slice(0, 6).every(Number.isFinite) &&
        row[6].flat().every(Number.isFinite),
    )
  );
}

function visit(tenant: Tenant, pool: number, nowMs: number): void {
  const known = tenant.visits.find((each) => each.pool === pool);
  if (known !== undefined) {
    known.length = nowMs - known.lastMs > sessionGapMs ? 1 : known.length + 1;
    known.count += 1;
    known.lastMs = nowMs;
    return;
  }
  tenant.visits.push({ pool, count: 1, lastMs: nowMs, length: 1 });
  if (tenant.visits.length <= poolsPerTenantMax) return;
  const oldest = tenant.visits.reduce((a, b) => (b.lastMs < a.lastMs ? b : a));
  tenant.visits.splice(tenant.visits.indexOf(oldest), 1);
}

function grown(column: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(size);
  wider.set(column);
  return wider;
}
