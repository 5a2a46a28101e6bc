import { formatMs } from './format.ts';
import { linkToRun } from './run-link.ts';
import { formatAgo, formatCold, statusWords } from './run-words.ts';
import type { ListedRun } from './runs-api.ts';

interface RunTableProps {
  readonly runs: readonly ListedRun[];
  readonly nowMs: number;
}

/** Each row opens the run's page. */
export function RunTable({ runs, nowMs }: RunTableProps) {
  return (
    <table className="runs">
      <thead>
        <tr>
          <th scope="col">function</th>
          <th scope="col">status</th>
          <th scope="col">started</th>
          <th scope="col">duration</th>
          <th scope="col">steps</th>
          <th scope="col">cold</th>
          <th scope="col">run</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.id} run={run} nowMs={nowMs} />
        ))}
      </tbody>
    </table>
  );
}

function RunRow({ run, nowMs }: { readonly run: ListedRun; readonly nowMs: number }) {
  const { id, status, created_ms: createdMs, ended_ms: endedMs } = run;
  // The clocks of page and endpoint need not agree.
  const durationMs = Math.max(0, (endedMs ?? nowMs) - createdMs);
  const started = new Date(createdMs);
  return (
    <tr>
      <th scope="row">
        <a className="open" href={linkToRun(id)} title="where its time went">
          {run.function}
        </a>{' '}
        <small>v{run.version}</small>
        {run.parent !== null && <small className="called">called by another run</small>}
      </th>
      <td>
        <StatusBadge status={status} />
      </td>
      <td>
        <time dateTime={started.toISOString()} title={started.toLocaleString()}>
          {formatAgo(Math.max(0, nowMs - createdMs))}
        </time>
      </td>
      <td data-label="took">{formatMs(durationMs)}</td>
      <td data-label="steps">{run.usage.steps}</td>
      <td data-label="cold">{formatCold(endedMs === null ? undefined : run.cold_ms, durationMs)}</td>
      <td className="id">
        <code>{id}</code>
      </td>
    </tr>
  );
}

export function StatusBadge({ status }: Pick<ListedRun, 'status'>) {
  return <span className={`badge run-${status}`}>{statusWords[status] ?? status}</span>;
}
