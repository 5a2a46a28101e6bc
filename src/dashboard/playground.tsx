import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { formatMs } from './format.ts';
import type { Served } from './stream-chat.ts';
import { useChat, type Exchange } from './use-chat.ts';

export function Playground({ apiKey }: { readonly apiKey: string }) {
  const models = useQuery({
    queryKey: ['models', apiKey],
    queryFn: () => listModels(apiKey),
    enabled: apiKey !== '',
  });
  const [model, setModel] = useState('assistant');
  const [text, setText] = useState('What is a cold start?');
  const { exchanges, busy, ask, stop } = useChat(apiKey, model);
  return (
    <section aria-labelledby="playground-title" className="playground">
      <div className="section-head">
        <h2 id="playground-title">Playground</h2>
        <label>
          model{' '}
          <select value={model} onChange={(event) => setModel(event.target.value)}>
            {(models.data ?? ['assistant']).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      {models.error !== null && <p className="problem">{models.error.message}</p>}
      <ExchangeList exchanges={exchanges} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (busy || text.trim() === '') return;
          void ask(text.trim());
          setText('');
        }}
      >
        <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
        {busy ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
      </form>
    </section>
  );
}

function ExchangeList({ exchanges }: { readonly exchanges: readonly Exchange[] }) {
  return (
    <ol className="exchanges" aria-live="polite">
      {exchanges.map((exchange, at) => (
        <li key={at}>
          <p className="question">{exchange.question}</p>
          <p className="answer">{exchange.answer}</p>
          {exchange.served !== null && <ServedLine served={exchange.served} />}
          {exchange.problem !== null && (
            <p className="problem" role="alert">
              {exchange.problem}
            </p>
          )}
        </li>
      ))}
      {exchanges.length === 0 && (
        <li className="muted">Ask something: the first answer comes from a cold start.</li>
      )}
    </ol>
  );
}

function ServedLine({ served }: { readonly served: Served }) {
  return (
    <p className="served">
      <span className={`badge ${served.warmth}`}>{served.warmth}</span> {served.model}
      {served.waitMs !== null && <>, waited {formatMs(served.waitMs)}</>}
      {served.firstTokenMs !== null && <>, first token after {formatMs(served.firstTokenMs)}</>}
    </p>
  );
}

async function listModels(apiKey: string): Promise<readonly string[]> {
  const response = await fetch('/v1/models', { headers: { authorization: `Bearer ${apiKey}` } });
  if (response.status === 401) throw new Error('The API key is not valid.');
  const { data } = (await response.json()) as { data: { id: string }[] };
  return data.map(({ id }) => id).filter((id) => !id.includes('embed'));
}
