// The tenants of a made-up service: who opens a session, how many requests it has, how they are spaced and which model each goes to.
// Owns what is remembered of a tenant between sessions; when sessions begin is drawn elsewhere. Pure but for its generator.
import type { Rng } from '../../core/base/rng.ts';
import { drawLogNormal, drawNormal, makePicker } from './draws.ts';

export interface CrowdHabits {
  /** ln of a session's request count is normal: this mean, and a spread between tenants and between a tenant's sessions. */
  readonly lengthLogMean: number;
  readonly lengthTenantSigma: number;
  readonly lengthSessionSigma: number;
  /** From the end of one request to the next one's arrival. */
  readonly gapMedianMs: number;
  readonly gapSigma: number;
  /** Chance that the next request is sent while the last one still runs. */
  readonly overlapShare: number;
  /** Chance that a request goes to another model than the one before. */
  readonly switchShare: number;
  /** The same chance for the first request of a tenant who returns. */
  readonly revisitSwitchShare: number;
  /** Of the switches, how many lead back to the tenant's favourite. */
  readonly homeShare: number;
}

/** Who comes: people from outside, of whom some return, or a fixed population of whom some come more often (spread of ln visits). */
export type CrowdVisitors =
  | {
      readonly kind: 'open';
      /** Chance that a session is a new tenant's. */
      readonly newShare: number;
      /** Median and spread of the time since the session that a returning tenant is taken from. */
      readonly returnMedianMs: number;
      readonly returnSigma: number;
    }
  | { readonly kind: 'closed'; readonly tenants: number; readonly visitSigma: number };

/** Longer ones do not happen in interactive use. */
const sessionRequestsMax = 200;
/** After half an hour of silence it is another session. */
const gapMsMax = 1_800_000;

interface Tenant {
  readonly index: number;
  readonly favourite: number;
  /** This tenant's part of ln(request count). */
  readonly eagerness: number;
  model: number;
}

export interface SessionRequest {
  readonly arrivalMs: number;
  readonly model: number;
  readonly tenant: number;
  readonly execMs: number;
}

interface CrowdOptions {
  readonly rng: Rng;
  readonly habits: CrowdHabits;
  readonly visitors: CrowdVisitors;
  readonly modelWeights: readonly number[];
  readonly drawExecMs: (model: number) => number;
}

/** Sessions must be opened in order of their start, as later tenants return from earlier sessions. */
export class SessionCrowd {
  private readonly options: CrowdOptions;
  private readonly pickModel: (rng: Rng) => number;
  private readonly openedMs: number[] = [];
  private readonly openedBy: Tenant[] = [];
  /** Everyone, when the crowd is closed. */
  private readonly population: readonly Tenant[] = [];
  private readonly pickMember: (rng: Rng) => number = () => 0;
  private tenantCount = 0;

  constructor(options: CrowdOptions) {
    this.options = options;
    this.pickModel = makePicker(options.modelWeights);
    const { rng, visitors } = options;
    if (visitors.kind === 'open') return;
    const count = { length: visitors.tenants };
    this.population = Array.from(count, () => this.addTenant(null));
    this.pickMember = makePicker(Array.from(count, () => drawLogNormal(rng, 1, visitors.visitSigma)));
  }

  /** The requests of one session; `model` forces where it begins (a burst). */
  open(startMs: number, model: number | null, add: (request: SessionRequest) => void): void {
    const { rng, habits, drawExecMs } = this.options;
    const tenant = this.pickTenant(startMs, model);
    this.openedMs.push(startMs);
    this.openedBy.push(tenant);
    const length = this.drawLength(tenant);
    let arrivalMs = startMs;
    for (let sent = 0; sent < length; sent += 1) {
      if (sent > 0 && rng() < habits.switchShare) this.switchModel(tenant);
      const execMs = drawExecMs(tenant.model);
      add({ arrivalMs, model: tenant.model, tenant: tenant.index, execMs });
      const gapMs = Math.min(gapMsMax, drawLogNormal(rng, habits.gapMedianMs, habits.gapSigma));
      arrivalMs += rng() < habits.overlapShare ? rng() * execMs : execMs + gapMs;
    }
  }

  private switchModel(tenant: Tenant): void {
    const { rng, habits } = this.options;
    tenant.model = rng() < habits.homeShare ? tenant.favourite : this.pickModel(rng);
  }

  private drawLength(tenant: Tenant): number {
    const { rng, habits } = this.options;
    const log = habits.lengthLogMean + tenant.eagerness + habits.lengthSessionSigma * drawNormal(rng);
    return Math.min(sessionRequestsMax, Math.max(1, Math.ceil(Math.exp(log))));
  }

  private pickTenant(startMs: number, model: number | null): Tenant {
    const { rng, habits } = this.options;
    const known = this.findKnown(startMs);
    if (known === undefined) return this.addTenant(model);
    if (model !== null) known.model = model;
    else if (rng() < habits.revisitSwitchShare) this.switchModel(known);
    return known;
  }

  /** Undefined for a new tenant. In an open crowd who came often is met often, and returns again. */
  private findKnown(startMs: number): Tenant | undefined {
    const { rng, visitors } = this.options;
    if (visitors.kind === 'closed') return this.population[this.pickMember(rng)];
    const sinceMs = gapMsMax + drawLogNormal(rng, visitors.returnMedianMs, visitors.returnSigma);
    if (rng() < visitors.newShare) return undefined;
    const session = lastUpTo(this.openedMs, startMs - sinceMs);
    // So long ago that nobody was here yet: anyone will do.
    return this.openedBy[session === -1 ? Math.floor(rng() * this.openedBy.length) : session];
  }

  private addTenant(model: number | null): Tenant {
    const { rng, habits } = this.options;
    const favourite = model ?? this.pickModel(rng);
    const eagerness = habits.lengthTenantSigma * drawNormal(rng);
    const tenant = { index: this.tenantCount, favourite, eagerness, model: favourite };
    this.tenantCount += 1;
    return tenant;
  }
}

/** Index of the last of the sorted moments that is not after `atMs`; -1 when there is none. */
function lastUpTo(momentsMs: readonly number[], atMs: number): number {
  let low = 0;
  let high = momentsMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((momentsMs[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
