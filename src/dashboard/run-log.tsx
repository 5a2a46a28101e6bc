import { Blank, Part } from './part.tsx';
import { useRunLog } from './use-runs.ts';

interface RunLogProps {
  readonly apiKey: string;
  readonly run: string;
}

/** What the run said, in order: its events, its words, its steps. */
export function RunLogList({ apiKey, run }: RunLogProps) {
  const { reply, problem } = useRunLog(apiKey, run);
  return (
    <Part id="log" title="Log">
      {problem !== null && <p className="problem">The log cannot be read: {problem.message}</p>}
      {reply !== null && reply.dropped > 0 && (
        <p className="muted small">{reply.dropped} earlier lines are not shown.</p>
      )}
      {reply?.lines.length === 0 && <Blank>nothing has been said yet</Blank>}
      {reply !== null && reply.lines.length > 0 && (
        <ol className="log" tabIndex={0} aria-label="events of the run">
          {reply.lines.map(({ seq, type, text }) => (
            <li key={seq} className={type.replace('.', '-')}>
              <small>{seq}</small> <span className="type">{type}</span> <span className="text">{text}</span>
            </li>
          ))}
        </ol>
      )}
    </Part>
  );
}
