import type { RunView } from '../core/run/view-run.ts';
import { Blank, Part } from './part.tsx';
import { describeReason } from './run-words.ts';

/** Characters of an output that the page shows; the endpoint has all of it. */
const outputCharsMax = 20_000;

/** What the run gave, or why it gave nothing. */
export function RunOutcome({ view }: { readonly view: RunView }) {
  const { status, output, draft, error, reason } = view;
  return (
    <Part id="outcome" title="Output">
      {status === 'active' && <Blank>the run goes on</Blank>}
      {status === 'cancelled' && <Blank>the run was cancelled</Blank>}
      {status === 'completed' && <JsonText value={output} />}
      {error !== null && (
        <p className="problem">
          <code>{error.code}</code>: {error.message}
        </p>
      )}
      {status === 'incomplete' && (
        <>
          <p className="problem">{describeReason(reason ?? '')}</p>
          {draft === null ? (
            <Blank>the function had given no draft</Blank>
          ) : (
            <>
              <p className="muted small">The best that the function had by then:</p>
              <JsonText value={draft} />
            </>
          )}
        </>
      )}
    </Part>
  );
}

function JsonText({ value }: { readonly value: unknown }) {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  return (
    <pre className="json" tabIndex={0} aria-label="output as JSON">
      {text.length > outputCharsMax ? `${text.slice(0, outputCharsMax)}\n…` : text}
    </pre>
  );
}
