// What this isolate knows of the pools, and how it asks them. Shared by every request of the isolate.
import type { Env } from '../src/env.ts';
import type { PrewarmMode } from '../src/core/graph/decide-prewarm.ts';
import type { Catalogue } from '../src/core/registry/model.ts';
import type { TargetView } from '../src/core/routing/route-question.ts';
import { viewTargets } from '../src/core/routing/view-targets.ts';
import type { PlannedRequest } from '../src/hosts/plan-request.ts';
import { wakeEveryMs, type PoolNews } from '../src/hosts/pool-news.ts';
import { idleSlots, poolNews as news, type Lifetime } from '../src/hosts/worker-ports.ts';

/** A pool that has never been asked may take this long to say how it is, before a request goes on without knowing. */
const firstGlanceMsMax = 150;

/** By the news that they were made of, and by the catalogue: both are the same objects for many requests. */
const viewed = new WeakMap<
  ReadonlyMap<string, TargetView>,
  WeakMap<Catalogue, ReadonlyMap<string, TargetView>>
>();

/** Every version of the catalogue with what is known of its pool, by version id. */
export function poolViews(catalogue: Catalogue, nowMs: number): ReadonlyMap<string, TargetView> {
  const said = news.views(nowMs);
  const made = viewed.get(said) ?? new WeakMap();
  viewed.set(said, made);
  const views = made.get(catalogue) ?? viewTargets(catalogue, said);
  made.set(catalogue, views);
  return views;
}

export const noteAttempt: PoolNews['note'] = (report) => news.note(report);

/**
 * Asks the pools of a plan how they are, where that can change it: with one target and nothing to choose there is nothing to know. True when
 * something was learned that the plan did not know.
 */
export async function glanceAt(
  { attempts, plan }: PlannedRequest,
  env: Env,
  lifetime: Lifetime,
): Promise<boolean> {
  const isChoice = attempts.length > 1 || plan.readsPools;
  // A second replica is asked only of a pool that has room, which need not be known yet.
  if (!isChoice && plan.hedge === null) return false;
  const unknown: Promise<void>[] = [];
  const heardOf = news.views(Date.now());
  for (const { version, pool } of attempts) {
    const wanted = news.wants(version, Date.now());
    if (wanted === 'nothing') continue;
    const asking = ask(env, version, pool);
    lifetime.waitUntil(asking);
    if (wanted === 'first' && isChoice && !heardOf.has(version)) unknown.push(asking);
  }
  if (unknown.length === 0) return false;
  await Promise.race([Promise.all(unknown), scheduler.wait(firstGlanceMsMax)]);
  return true;
}

/** How long a pool is wanted that was passed over: until it is told again twice over. When nobody passes it over any more, that ends. */
const wantedMs = 3 * wakeEveryMs;

/** Starts what a spill-over passes over, so that it answers again as soon as it is hot. All who pass it over want the same replica. */
export function wakePassedOver(
  { plan }: PlannedRequest,
  { env, lifetime, mode }: { readonly env: Env; readonly lifetime: Lifetime; readonly mode: PrewarmMode },
): void {
  const nowMs = Date.now();
  for (const { target, pool } of plan.wake) {
    if (!news.mayWake(target, nowMs)) continue;
    const expectations = [{ pool, probability: 1, startMs: nowMs, untilMs: nowMs + wantedMs }];
    const graphMode = mode === 'off' ? 'just-in-time' : mode;
    const told = env.POOL.getByName(pool).expect(pool, { run: 'spill-over', graphMode, expectations });
    lifetime.waitUntil(Promise.resolve(told).catch(() => undefined));
  }
}

/** A pool that does not answer is one of which nothing is known. */
async function ask(env: Env, version: string, pool: string): Promise<void> {
  try {
    const glance = await env.POOL.getByName(pool).glance(pool);
    news.learn(version, glance, Date.now(), idleSlots(pool));
  } catch {
    // The pool's object is out of reach; whoever needs a slot of it will hear.
  }
}
