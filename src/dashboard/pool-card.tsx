import type { PoolView } from '../core/pool/pool-view.ts';
import { describeCircuit } from './circuit-words.ts';
import { formatCost, formatMs } from './format.ts';
import type { Sample } from './history.ts';
import { LifeBar } from './life-bar.tsx';
import { linkToPool } from './pool-link.ts';
import { ReplicaTile } from './replica-tile.tsx';
import { WarmthChart } from './warmth-chart.tsx';

interface PoolCardProps {
  readonly pool: PoolView;
  readonly samples: readonly Sample[];
}

export function PoolCard({ pool, samples }: PoolCardProps) {
  const { counts, queue, target, backoff, requests, circuit } = pool;
  const state =
    counts.hot > 0 ? 'hot' : counts.loading > 0 ? 'loading' : counts.parked > 0 ? 'parked' : 'gone';
  return (
    <article className={`pool ${state}`} aria-label={`pool ${pool.version}`}>
      <header>
        <h3>
          <a className="open" href={linkToPool(pool.pool)} title="its plan, and why">
            {pool.version}
          </a>
        </h3>
        <span className={`badge ${state}`}>{state === 'gone' ? 'at zero' : state}</span>
      </header>
      <div className="replicas">
        {pool.replicas.map((replica) => (
          <ReplicaTile key={replica.id} replica={replica} nowMs={pool.nowMs} />
        ))}
        {pool.replicas.length === 0 && (
          <p className="muted">
            {pool.nextWakeMs === null ? 'At rest: no process, no alarm, no cost.' : 'No replica.'}
          </p>
        )}
      </div>
      <p className="why">
        wants <strong>{target.replicas}</strong> hot: {target.because}
      </p>
      {queue.waiting > 0 && (
        <p className="waiting">
          {queue.waiting} waiting, the oldest for {formatMs(queue.oldestWaitMs)}
        </p>
      )}
      {backoff !== null && (
        <p className="problem">
          cannot start ({backoff.failures}×): {backoff.reason}; next try in{' '}
          {formatMs(Math.max(0, backoff.untilMs - pool.nowMs))}
        </p>
      )}
      {circuit.phase !== 'closed' && (
        <p className="problem">circuit {describeCircuit(circuit, pool.nowMs)}</p>
      )}
      {pool.backend.downSinceMs !== null && (
        <p className="problem">backend out of reach for {formatMs(pool.nowMs - pool.backend.downSinceMs)}</p>
      )}
      <WarmthChart samples={samples} />
      <LifeBar life={pool.life} />
      <footer>
        <span>
          {requests.served} served: {requests.hot} hot, {requests.parked} woken, {requests.cold} cold
          {requests.failed > 0 && <>, {requests.failed} failed</>}
        </span>
        <span>{formatCost(pool.costMicros)}</span>
      </footer>
    </article>
  );
}
