// GET /admin/v1/pools: the truth about every pool of the configuration, asked of its own object.
import type { Context } from 'hono';
import type { Env } from '../../src/config.ts';
import { poolName } from '../../src/core/pool/pool-settings.ts';
import type { PoolsReply, PoolView } from '../../src/core/pool/pool-view.ts';
import type { AppEnv } from '../context.ts';

/** A pool that does not answer in time is named as such; it must not hide the others. */
const answerMsMax = 3_000;

export async function listPools(c: Context<AppEnv>): Promise<Response> {
  const { catalogue, place, environment } = c.get('config');
  const names = catalogue.versions.map((version) => poolName(version.id, place));
  const answers = await Promise.all(names.map((name) => viewPool(c.env, name)));
  const reply: PoolsReply = {
    environment,
    nowMs: c.get('deps').now(),
    pools: answers.flatMap((answer) => (answer === null ? [] : [answer])),
    silent: names.filter((_, at) => answers[at] === null),
  };
  return c.json(reply, 200, { 'x-request-id': c.get('requestId'), 'cache-control': 'no-store' });
}

async function viewPool(env: Env, pool: string): Promise<PoolView | null> {
  const answered = new AbortController();
  const timeout = scheduler.wait(answerMsMax, { signal: answered.signal }).then(
    () => null,
    () => null,
  );
  const view = env.POOL.getByName(pool)
    .view(pool)
    .catch(() => null);
  const first = await (Promise.race([view, timeout]) as Promise<PoolView | null>);
  answered.abort();
  return first;
}
