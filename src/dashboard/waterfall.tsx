import { useState } from 'react';
import type { TraceJson } from '../core/run-trace/render-trace.ts';
import { formatMs } from './format.ts';
import { Blank } from './part.tsx';
import { childOf, linkToRun } from './run-link.ts';
import { barWords, layOutWaterfall, legend, type Bar, type WaterfallRow } from './waterfall-rows.ts';

const ticks = [0, 0.25, 0.5, 0.75, 1] as const;

/** Steps over time, each split by what it spent its time on; what the run waited for is outlined. */
export function Waterfall({ trace }: { readonly trace: TraceJson }) {
  const { durationMs, path, rows, hidden } = layOutWaterfall(trace);
  if (rows.length === 0) return <Blank>the function has asked for no step yet</Blank>;
  return (
    <div className="waterfall">
      <div className="axis" aria-hidden="true">
        <span />
        <span className="ticks">
          {ticks.map((at) => (
            <i key={at}>{formatMs(at * durationMs)}</i>
          ))}
        </span>
        <span />
      </div>
      <div className="path" aria-hidden="true">
        <span className="name">critical path</span>
        <Track bars={path} />
        <span className="took">{formatMs(durationMs)}</span>
      </div>
      <ol aria-label="steps over time">
        {rows.map((row) => (
          <StepRow key={row.id} run={trace.id} row={row} isCulprit={row.id === trace.culprit?.span} />
        ))}
      </ol>
      {hidden > 0 && <p className="muted small">{hidden} more steps: the trace itself has them.</p>}
      <p className="legend muted small" aria-hidden="true">
        {legend.map((kind) => (
          <span key={kind} className={`mark ${kind}`}>
            {barWords[kind]}
          </span>
        ))}
        <span className="mark outlined">on the critical path</span>
      </p>
    </div>
  );
}

interface StepRowProps {
  readonly run: string;
  readonly row: WaterfallRow;
  readonly isCulprit: boolean;
}

function StepRow({ run, row, isCulprit }: StepRowProps) {
  const [open, setOpen] = useState(false);
  const words = wordsOf(row);
  return (
    <li className={isCulprit ? 'culprit' : undefined}>
      <button
        type="button"
        className="step"
        aria-expanded={open}
        title={words}
        onClick={() => setOpen(!open)}
      >
        <span className="name">
          <small>{row.n}</small> {row.name} <small>{row.kind}</small>
          {row.attempts > 1 && <span className="badge loading">{row.attempts} tries</span>}
          {row.status !== 'done' && <span className={`badge run-${row.status}`}>{row.status}</span>}
        </span>
        <Track bars={row.bars} outline={row} />
        <span className="took">{formatMs(row.durationMs)}</span>
        <span className="unseen">{words}</span>
      </button>
      {open && <StepFacts run={run} row={row} />}
    </li>
  );
}

interface TrackProps {
  readonly bars: readonly Bar[];
  readonly outline?: Pick<WaterfallRow, 'isCritical' | 'startPercent' | 'lengthPercent'>;
}

function Track({ bars, outline }: TrackProps) {
  return (
    <span className="room" aria-hidden="true">
      {bars.map(({ kind, startPercent, lengthPercent }, at) => (
        <i key={at} className={kind} style={{ left: `${startPercent}%`, width: `${lengthPercent}%` }} />
      ))}
      {outline?.isCritical === true && (
        <b style={{ left: `${outline.startPercent}%`, width: `${outline.lengthPercent}%` }} />
      )}
    </span>
  );
}

function StepFacts({ run, row }: Pick<StepRowProps, 'run' | 'row'>) {
  const facts: readonly (readonly [string, string | null])[] = [
    ['began', `${formatMs(row.startMs)} into the run`],
    ...row.bars.map(({ kind, durationMs }) => [barWords[kind], formatMs(durationMs)] as const),
    ['tries', String(row.attempts)],
    ['warmth', row.warmth],
    ['served by', row.version],
    ['pool', row.pool],
  ];
  return (
    <dl className="facts">
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
      {row.kind === 'call' && (
        <div>
          <dt>called</dt>
          <dd>
            <a href={linkToRun(childOf(run, row.n))}>the run of {row.name}</a>
          </dd>
        </div>
      )}
    </dl>
  );
}

/** What the bars say, for those who do not see them and for the mouse. */
function wordsOf(row: WaterfallRow): string {
  const parts = row.bars.map(({ kind, durationMs }) => `${barWords[kind]} ${formatMs(durationMs)}`);
  const place = row.isCritical ? 'on the critical path' : 'beside the critical path';
  return `after ${formatMs(row.startMs)}: ${parts.join(', ') || 'no time'}; ${place}`;
}
