import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { formatMs } from './format.ts';
import { streamChat, type ChatTurn, type Served } from './stream-chat.ts';

interface Exchange {
  readonly question: string;
  readonly answer: string;
  readonly served: Served | null;
  readonly problem: string | null;
}

export function Playground({ apiKey }: { readonly apiKey: string }) {
  const models = useQuery({
    queryKey: ['models', apiKey],
    queryFn: () => listModels(apiKey),
    enabled: apiKey !== '',
  });
  const [model, setModel] = useState('assistant');
  const [text, setText] = useState('What is a cold start?');
  const [exchanges, setExchanges] = useState<readonly Exchange[]>([]);
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);

  const ask = async (): Promise<void> => {
    const question = text.trim();
    if (question === '' || busy) return;
    const controller = new AbortController();
    running.current = controller;
    setBusy(true);
    setText('');
    setExchanges((before) => [...before, { question, answer: '', served: null, problem: null }]);
    const change = (patch: (last: Exchange) => Exchange): void =>
      setExchanges((before) => before.map((each, at) => (at === before.length - 1 ? patch(each) : each)));
    try {
      const messages: ChatTurn[] = [{ role: 'user', content: question }];
      await streamChat(
        { key: apiKey, model, messages, signal: controller.signal },
        {
          onText: (piece) => change((last) => ({ ...last, answer: last.answer + piece })),
          onServed: (served) => change((last) => ({ ...last, served })),
        },
      );
    } catch (cause) {
      const problem = controller.signal.aborted
        ? 'stopped'
        : cause instanceof Error
          ? cause.message
          : 'it failed';
      change((last) => ({ ...last, problem }));
    }
    setBusy(false);
  };

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
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
        {busy ? (
          <button type="button" onClick={() => running.current?.abort()}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
      </form>
    </section>
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
