// The published rules of one tenant, in versions. A thin shell: reads, lets the core decide, writes, all in one transaction; isolates ask it
// for what is newer than theirs. Name: the tenant. Alarm: none. Memory: none, so that an eviction changes nothing.
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../src/env.ts';
import { assert } from '../src/core/base/assert.ts';
import { err, ok, type Result } from '../src/core/base/result.ts';
import type { PublishedRules } from '../src/core/store/shared-rules.ts';
import {
  decidePublication,
  decideRollback,
  type RuleDecision,
  type RuleOrder,
  type RuleRefusal,
  type RuleVersion,
  type RuleVersionHead,
} from '../src/core/tenant/rule-versions.ts';
import { tenantOutside, type TenantOutside } from './tenant-outside.ts';
import { TenantStore } from './tenant-store.ts';

/** All but the time, which is the object's own. */
export type RuleOrderInput = Omit<RuleOrder, 'nowMs'>;

export interface RuleOutcome {
  /** The version that holds now. */
  readonly current: RuleVersion;
  /** Whether this order made it. */
  readonly isNew: boolean;
}

export class TenantObject extends DurableObject<Env> {
  readonly #store: TenantStore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new TenantStore(ctx.storage);
  }

  /** Makes these rules (JSON that has been parsed as rules) the current ones. */
  publish(tenant: string, document: string, order: RuleOrderInput): Result<RuleOutcome, RuleRefusal> {
    return this.#change(tenant, (current, nowMs) =>
      decidePublication(current, document, { ...order, nowMs }),
    );
  }

  /** Makes the rules of an older version the current ones, as a new version. */
  rollBack(tenant: string, version: number, order: RuleOrderInput): Result<RuleOutcome, RuleRefusal> {
    return this.#change(tenant, (current, nowMs) =>
      decideRollback(current, { version, found: this.#find(tenant, version) }, { ...order, nowMs }),
    );
  }

  /** What an isolate that knows this generation has to learn: nothing but a number, if it is up to date. */
  follow(tenant: string, knownGeneration: number): PublishedRules {
    const { version, generation, hash, document } = this.current(tenant);
    const isKnown = generation === knownGeneration || generation === 0;
    return { version, generation, hash, document: isKnown ? null : document };
  }

  current(tenant: string): RuleVersion {
    this.#checkName(tenant);
    return this.#store.current() ?? this.#file(tenant);
  }

  /** Newest first; the file, which always is there, comes last. */
  list(tenant: string): readonly RuleVersionHead[] {
    this.#checkName(tenant);
    const { document: _, ...file } = this.#file(tenant);
    return [...this.#store.heads(), file];
  }

  read(tenant: string, version: number): Result<RuleVersion, RuleRefusal> {
    this.#checkName(tenant);
    const found = this.#find(tenant, version);
    return found === null ? err({ kind: 'unknown-rule-version', version }) : ok(found);
  }

  /** How this object reaches the platform. */
  protected outside(): TenantOutside {
    return tenantOutside;
  }

  #change(
    tenant: string,
    decide: (current: RuleVersion, nowMs: number) => Result<RuleDecision, RuleRefusal>,
  ): Result<RuleOutcome, RuleRefusal> {
    const nowMs = Date.now();
    return this.#store.transaction(() => {
      const current = this.current(tenant);
      const decided = decide(current, nowMs);
      if (!decided.ok) return decided;
      if (decided.value.kind === 'unchanged') return ok({ current, isNew: false });
      const { made, keepFrom } = decided.value;
      this.#store.add(made, keepFrom);
      return ok({ current: made, isNew: true });
    });
  }

  #find(tenant: string, version: number): RuleVersion | null {
    return version === 0 ? this.#file(tenant) : this.#store.find(version);
  }

  #file(tenant: string): RuleVersion {
    return this.outside().fileVersion(tenant);
  }

  #checkName(tenant: string): void {
    const { name } = this.ctx.id;
    assert(name === undefined || name === tenant, 'a tenant object is asked for its own tenant');
  }
}
