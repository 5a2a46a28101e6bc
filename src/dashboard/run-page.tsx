import { useEffect, useRef } from 'react';
import type { TraceJson } from '../core/run-trace/render-trace.ts';
import type { RunView } from '../core/run/view-run.ts';
import { ColdTable } from './cold-table.tsx';
import { formatCost, formatMs } from './format.ts';
import { Blank, Part } from './part.tsx';
import { RunLogList } from './run-log.tsx';
import { linkToRun, linkToRuns } from './run-link.ts';
import { RunOutcome } from './run-outcome.tsx';
import { StatusBadge } from './run-table.tsx';
import { RunTotals } from './run-totals.tsx';
import { useCancel, useRun, useTrace } from './use-runs.ts';
import { Waterfall } from './waterfall.tsx';

interface RunPageProps {
  readonly run: string;
  readonly apiKey: string;
}

/** One run: where its time went, what it said, how it ended. */
export function RunPage({ run, apiKey }: RunPageProps) {
  const view = useRun(apiKey, run);
  const trace = useTrace(apiKey, run);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    scrollTo(0, 0);
    title.current?.focus({ preventScroll: true });
  }, []);
  return (
    <section className="detail" aria-labelledby="run-title">
      <div className="section-head">
        <div>
          <a href={linkToRuns}>← all runs</a>
          <h2 id="run-title" ref={title} tabIndex={-1}>
            {view.reply?.function ?? 'Run'} <small>{run}</small>
          </h2>
        </div>
        {view.reply !== null && <RunHead view={view.reply} apiKey={apiKey} />}
      </div>
      {view.problem !== null && (
        <p className="problem" role="alert">
          {view.problem.message}
        </p>
      )}
      {view.reply === null && view.problem === null && <p className="muted">Asking for the run…</p>}
      {view.reply !== null && (
        <div className="detail-grid">
          {/* What the run itself says need not be said again by its trace. */}
          {trace.problem !== null && trace.problem.message !== view.problem?.message && (
            <p className="problem wide">The trace cannot be shown: {trace.problem.message}</p>
          )}
          {trace.reply !== null && <TraceParts trace={trace.reply} />}
          <RunOutcome view={view.reply} />
          <RunLogList apiKey={apiKey} run={run} />
        </div>
      )}
    </section>
  );
}

function RunHead({ view, apiKey }: { readonly view: RunView; readonly apiKey: string }) {
  const { status, usage, budget, parent } = view;
  const { cancel, busy, problem } = useCancel(apiKey, view.id);
  return (
    <div className="run-head">
      <p className="small">
        <StatusBadge status={status} />{' '}
        <span className="muted">
          version {view.version}; {usage.steps} of {budget.steps} steps, {usage.tokens} tokens,{' '}
          {formatCost(usage.cost_micros)}
          {view.ended_ms !== null && <>; took {formatMs(view.ended_ms - view.created_ms)}</>}
        </span>
        {parent !== null && (
          <>
            ; <a href={linkToRun(parent)}>called by another run</a>
          </>
        )}
      </p>
      {status === 'active' && (
        <button type="button" className="quiet" disabled={busy} onClick={cancel}>
          {busy ? 'Cancelling…' : 'Cancel the run'}
        </button>
      )}
      {problem !== null && (
        <p className="problem" role="alert">
          {problem.message}
        </p>
      )}
    </div>
  );
}

function TraceParts({ trace }: { readonly trace: TraceJson }) {
  return (
    <>
      <Part id="time" title="Where the time went">
        {trace.culprit === null ? (
          <Blank>the run has taken no time yet</Blank>
        ) : (
          <CulpritLine sentence={trace.culprit.sentence} />
        )}
        <RunTotals totals={trace.totals} />
        <Waterfall trace={trace} />
      </Part>
      {trace.cold_by_pool.length > 0 && <ColdTable trace={trace} />}
    </>
  );
}

/** Names stand between backticks. */
function CulpritLine({ sentence }: { readonly sentence: string }) {
  const pieces = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`.split('`');
  return (
    <p className="lead culprit">
      {pieces.map((piece, at) => (at % 2 === 1 ? <code key={at}>{piece}</code> : piece))}
    </p>
  );
}
