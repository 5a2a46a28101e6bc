import type { TraceJson } from '../core/run-trace/render-trace.ts';
import { formatMs, formatShare } from './format.ts';
import { Part } from './part.tsx';
import { linkToPool } from './pool-link.ts';

/** Which pool's cold starts delayed the run, and which only seemed to. */
export function ColdTable({ trace: { cold_by_pool: pools, totals } }: { readonly trace: TraceJson }) {
  return (
    <Part id="cold" title="Cold delay by pool">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">pool</th>
            <th scope="col">delayed the run by</th>
            <th scope="col">waited in all</th>
            <th scope="col">steps</th>
          </tr>
        </thead>
        <tbody>
          {pools.map(({ pool, cold_ms: coldMs, critical_cold_ms: criticalMs, steps }) => (
            <tr key={pool}>
              <th scope="row">
                <a href={linkToPool(pool)}>{pool}</a>
              </th>
              <td>
                {criticalMs === 0 ? (
                  <span className="muted">nothing: other steps took longer</span>
                ) : (
                  <>
                    {formatMs(criticalMs)} <small>{formatShare(criticalMs, totals.end_to_end_ms)}</small>
                  </>
                )}
              </td>
              <td>{formatMs(coldMs)}</td>
              <td>{steps}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Part>
  );
}
