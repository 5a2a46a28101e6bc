import { Blank } from './part.tsx';
import { RunForm } from './run-form.tsx';
import { RunTable } from './run-table.tsx';
import { useRuns } from './use-runs.ts';

/** The tenant's recent runs, and a form that begins one. */
export function RunsPage({ apiKey }: { readonly apiKey: string }) {
  const { reply, problem, atMs } = useRuns(apiKey);
  return (
    <>
      <RunForm apiKey={apiKey} />
      <section aria-labelledby="runs-title">
        <div className="section-head">
          <h2 id="runs-title">Runs</h2>
          {reply !== null && reply.length > 0 && (
            <p className="muted small">
              {reply.length === 1 ? '1 run' : `the last ${reply.length}`} of this key’s tenant
            </p>
          )}
        </div>
        {problem !== null && (
          <p className="problem" role="alert">
            {problem.message}
          </p>
        )}
        {reply === null && problem === null && <p className="muted">Asking for the runs…</p>}
        {reply?.length === 0 && <Blank>no function has been run yet: begin one above</Blank>}
        {reply !== null && reply.length > 0 && <RunTable runs={reply} nowMs={atMs} />}
      </section>
    </>
  );
}
