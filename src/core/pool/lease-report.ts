// What an isolate tells a pool of the slots that it holds: shapes alone. What is told when is decided in lease-book.ts.
import type { ProbeEnd, ServedTime, SlotOutcome, TenantCount } from './pool-events.ts';

/** The lease of a return that gives no slot back: a probe has ended, and its request goes on. */
export const noLease = '';

/** What the pool is to be told in one call. */
export interface Beat {
  readonly leaseIds: readonly string[];
  /** Requests served on slots that were kept. */
  readonly reused: number;
  /** The same by tenant, '' = all those beyond `beatTenantsMax`. */
  readonly tenants: readonly TenantCount[];
  /** Requests that ended since the pool was told last. */
  readonly served?: ServedTime;
}

export interface Return {
  readonly leaseId: string;
  readonly outcome: SlotOutcome;
  readonly probe?: ProbeEnd;
  /** Whose request it was. */
  readonly tenant?: string;
  /** Requests that ended since the pool was told last, this one and those on kept slots. */
  readonly served?: ServedTime;
}
