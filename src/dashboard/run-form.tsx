import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { exampleInput } from './example-input.ts';
import { linkToRun } from './run-link.ts';
import { startRun, type FunctionView } from './runs-api.ts';
import { useFunctions } from './use-runs.ts';

/** Begins a run of a function and goes to its page. */
export function RunForm({ apiKey }: { readonly apiKey: string }) {
  const { reply, problem } = useFunctions(apiKey);
  const [name, setName] = useState<string | null>(null);
  const chosen = reply?.find(({ id }) => id === name) ?? reply?.[0] ?? null;
  return (
    <section aria-labelledby="run-form-title" className="run-form">
      <div className="section-head">
        <h2 id="run-form-title">Run a function</h2>
        {reply !== null && reply.length > 0 && (
          <label>
            function{' '}
            <select value={chosen?.id ?? ''} onChange={(event) => setName(event.target.value)}>
              {reply.map(({ id }) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          </label>
        )}
      </div>
      {/* A key that is not valid is said by the list of runs. */}
      {problem !== null && problem.status !== 401 && <p className="problem">{problem.message}</p>}
      {reply?.length === 0 && <p className="muted">This deployment has no functions.</p>}
      {chosen !== null && <InputForm key={chosen.id} chosen={chosen} apiKey={apiKey} />}
    </section>
  );
}

interface InputFormProps {
  readonly chosen: FunctionView;
  readonly apiKey: string;
}

function InputForm({ chosen, apiKey }: InputFormProps) {
  const [text, setText] = useState(() => JSON.stringify(exampleInput(chosen.input_schema), null, 2));
  const begin = useMutation({
    mutationFn: async () => {
      JSON.parse(text);
      return await startRun(apiKey, chosen.id, text);
    },
    onSuccess: ({ id }) => {
      location.hash = linkToRun(id);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!begin.isPending) begin.mutate();
      }}
    >
      <p className="muted small">{chosen.description}</p>
      <textarea
        aria-label="Input as JSON"
        rows={Math.min(12, Math.max(3, text.split('\n').length))}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {begin.error !== null && (
        <p className="problem" role="alert">
          {begin.error instanceof SyntaxError
            ? `This is not JSON: ${begin.error.message}`
            : begin.error.message}
        </p>
      )}
      <button type="submit" disabled={begin.isPending}>
        {begin.isPending ? 'Starting…' : 'Run'}
      </button>
    </form>
  );
}
