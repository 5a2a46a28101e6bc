// How the rest of the platform comes by a tenant's rules: from this isolate's snapshots, which follow the tenant's object. For functions, sessions,
// runs and indexes alike; the admin routes, which want the truth of the object, ask that themselves.
import type { Env } from '../src/env.ts';
import { err, ok, type Result } from '../src/core/base/result.ts';
import { compileRules, type CompiledRules } from '../src/core/routing/compile-rules.ts';
import { parseRules } from '../src/core/routing/parse-rules.ts';
import type { RuleVersion } from '../src/core/tenant/rule-versions.ts';
import { RuleSnapshots, type SnapshotPorts } from '../src/hosts/rule-snapshots.ts';
import type { RuleSnapshot, ShelfRow, ShelfStatus } from '../src/hosts/snapshot-shelf.ts';
import type { Lifetime } from '../src/hosts/worker-ports.ts';
import { edgeStore } from './store-call.ts';
import { fileRules } from '../tenants/tenants.ts';

export type TenantRules = RuleSnapshot<CompiledRules>;

/** Shared by every request and object of this isolate; holds plain data only. */
const snapshots = new RuleSnapshots<CompiledRules>();

/** The rules to serve this tenant by: at once where the isolate knows them, after a second at most where it does not. Never throws. */
export function rulesFor(env: Env, lifetime: Lifetime, tenant: string): TenantRules | Promise<TenantRules> {
  return snapshots.rulesFor(tenant, portsOf(env, lifetime));
}

/** Spares this isolate the question for what it has just been told, and tells the other edges. `askedMs`: when it asked. */
export function learnRules(
  env: Env,
  lifetime: Lifetime,
  {
    tenant,
    current,
    askedMs,
  }: { readonly tenant: string; readonly current: RuleVersion; readonly askedMs: number },
): void {
  const { version, generation, hash } = current;
  const document = generation === 0 ? null : current.document;
  const published = { version, generation, hash, document };
  snapshots.learn(tenant, published, askedMs, portsOf(env, lifetime));
  lifetime.waitUntil(edgeStore(env, lifetime).announceRules(tenant, published));
}

/** What this isolate knows of all tenants, in counts. */
export function rulesStatus(nowMs: number): ShelfStatus {
  return snapshots.status(nowMs);
}

/** What this isolate knows of a tenant; null = it has not been asked for it. */
export function tenantRulesStatus(tenant: string, nowMs: number): ShelfRow | null {
  return snapshots.tenantStatus(tenant, nowMs);
}

function portsOf(env: Env, lifetime: Lifetime): SnapshotPorts<CompiledRules> {
  return {
    now: () => Date.now(),
    sleep: (ms, signal) => scheduler.wait(ms, signal === undefined ? {} : { signal }),
    waitUntil: (work) => lifetime.waitUntil(work),
    async follow(tenant, knownGeneration) {
      const followed = await edgeStore(env, lifetime).followRules(tenant, knownGeneration);
      if (!followed.ok) throw new Error(`the rules of ${tenant} cannot be had: ${followed.error}`);
      return followed.value;
    },
    parse: parseDocument,
    file(tenant) {
      const { rules, version } = fileRules(tenant);
      return { rules, hash: version.hash };
    },
  };
}

/** Targets are not looked up: a version that has left the catalogue since must not cost the tenant its other rules. */
function parseDocument(document: string): Result<CompiledRules, string> {
  const parsed = parseRules(JSON.parse(document));
  if (parsed.ok) return ok(compileRules(parsed.value));
  const [first] = parsed.error;
  return err(`${first?.path ?? ''}: ${first?.reason ?? 'cannot be read'}`);
}
