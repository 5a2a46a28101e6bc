import { useEffect, useRef } from 'react';
import type { PoolView } from '../core/pool/pool-view.ts';
import type { PoolReply } from '../core/warming/warmth-view.ts';
import { CircuitCard } from './circuit-card.tsx';
import { Forecast } from './forecast.tsx';
import { formatCost, formatMs } from './format.ts';
import { LifeBar } from './life-bar.tsx';
import { PlanCard } from './plan-card.tsx';
import { RegretCard } from './regret-card.tsx';
import { ReplicaTile } from './replica-tile.tsx';
import { usePoolDetail } from './use-warmth.ts';
import { WhyThisTarget } from './why-this-target.tsx';

interface PoolDetailProps {
  readonly pool: string;
  readonly token: string;
}

/** One pool: what it does now, what is planned for it and why, and what the forecast was worth. */
export function PoolDetail({ pool, token }: PoolDetailProps) {
  const { reply, problem } = usePoolDetail(token, pool);
  const served = reply?.pool ?? null;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    scrollTo(0, 0);
    title.current?.focus({ preventScroll: true });
  }, []);
  return (
    <section className="detail" aria-labelledby="detail-title">
      <div className="section-head">
        <div>
          <a href="#">← all pools</a>
          <h2 id="detail-title" ref={title} tabIndex={-1}>
            {pool}
          </h2>
        </div>
        {served !== null && <Served pool={served} />}
      </div>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem.message}
        </p>
      )}
      {reply === null && problem === null && <p className="muted">Asking the pool and the planner…</p>}
      {reply !== null && <DetailBody reply={reply} />}
    </section>
  );
}

function Served({ pool: { requests, costMicros, waits } }: { readonly pool: PoolView }) {
  const waited = waits.coldMs + waits.parkedMs;
  return (
    <p className="muted small">
      {requests.served} served: {requests.hot} hot, {requests.parked} woken, {requests.cold} cold
      {waited > 0 && <>, which waited {formatMs(waited)} in all</>}; {formatCost(costMicros)}
    </p>
  );
}

function DetailBody({ reply }: { readonly reply: PoolReply }) {
  const { pool, warmth } = reply;
  return (
    <div className="detail-grid">
      {pool === null ? (
        <p className="problem wide">The pool does not answer.</p>
      ) : (
        <section className="card wide now" aria-label="replicas now">
          <div className="replicas">
            {pool.replicas.map((replica) => (
              <ReplicaTile key={replica.id} replica={replica} nowMs={pool.nowMs} />
            ))}
            {pool.replicas.length === 0 && <p className="muted">No replica: no process, no cost.</p>}
            <p className="why">
              wants <strong>{pool.target.replicas}</strong> hot: {pool.target.because}
            </p>
          </div>
          <LifeBar life={pool.life} />
        </section>
      )}
      {pool !== null && <CircuitCard pool={pool} />}
      {warmth === null && (
        <p className="problem wide">
          The planner is silent. The pool keeps to its present plan until that ends, then to the windows of
          its settings.
        </p>
      )}
      <PlanCard reply={reply} />
      {warmth !== null && <RegretCard regret={warmth.regret} />}
      {warmth !== null && <Forecast warmth={warmth} />}
      {warmth !== null && <WhyThisTarget warmth={warmth} />}
    </div>
  );
}
