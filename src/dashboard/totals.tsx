import type { PoolView } from '../core/pool/pool-view.ts';
import { formatCost, formatShare } from './format.ts';

export function Totals({ pools }: { readonly pools: readonly PoolView[] }) {
  const sum = (of: (pool: PoolView) => number): number => pools.reduce((total, pool) => total + of(pool), 0);
  const served = sum(({ requests }) => requests.served);
  const cold = sum(({ requests }) => requests.cold);
  return (
    <dl className="totals">
      <div>
        <dt>served</dt>
        <dd>{served}</dd>
      </div>
      <div>
        <dt>cold starts</dt>
        <dd>
          {cold} <small>{formatShare(cold, served)}</small>
        </dd>
      </div>
      <div>
        <dt>hot now</dt>
        <dd>{sum(({ counts }) => counts.hot)}</dd>
      </div>
      <div>
        <dt>cost</dt>
        <dd>{formatCost(sum(({ costMicros }) => costMicros))}</dd>
      </div>
    </dl>
  );
}
