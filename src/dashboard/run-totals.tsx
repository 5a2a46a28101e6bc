import type { TraceJson } from '../core/run-trace/render-trace.ts';
import { formatMs, formatShare } from './format.ts';

interface RunTotalsProps {
  readonly totals: TraceJson['totals'];
}

/** The four parts of the end-to-end time; they add up to it. */
export function RunTotals({ totals }: RunTotalsProps) {
  const whole = totals.end_to_end_ms;
  const parts = [
    ['queue', totals.queue_ms, 'waiting for a slot'],
    ['cold', totals.cold_ms, 'waiting for a cold start'],
    ['compute', totals.compute_ms, 'computing'],
    ['code', totals.code_ms, 'code and routing'],
  ] as const;
  return (
    <dl className="figures split" aria-label="end-to-end time by what it was spent on">
      {parts.map(([kind, ms, words]) => (
        <div key={kind} className={kind}>
          <dt>{words}</dt>
          <dd>
            {formatMs(ms)} <small>{formatShare(ms, whole)}</small>
          </dd>
        </div>
      ))}
      <div>
        <dt>end to end</dt>
        <dd>{formatMs(whole)}</dd>
      </div>
    </dl>
  );
}
