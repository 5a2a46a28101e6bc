import { PlannerStrip } from './planner-strip.tsx';
import { PoolCard } from './pool-card.tsx';
import { Totals } from './totals.tsx';
import type { PoolsState } from './use-pools.ts';

interface OverviewProps extends PoolsState {
  readonly token: string;
}

/** All pools, and the planner above them. */
export function Overview({ reply, problem, history, token }: OverviewProps) {
  return (
    <section aria-labelledby="pools-title">
      <div className="section-head">
        <h2 id="pools-title">Pools</h2>
        {reply !== null && <Totals pools={reply.pools} />}
      </div>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <PlannerStrip token={token} />
      {reply === null && problem === null && <p className="muted">Asking the pools…</p>}
      <div className="pools">
        {reply?.pools.map((pool) => (
          <PoolCard key={pool.pool} pool={pool} samples={history.get(pool.pool) ?? []} />
        ))}
      </div>
      {reply?.silent.map((name) => (
        <p key={name} className="problem">
          {name} does not answer.
        </p>
      ))}
    </section>
  );
}
