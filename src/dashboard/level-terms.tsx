import type { LevelExplanation } from '../core/warming/explain-plan.ts';
import { formatChance, formatSigned, formatTick, termMin } from './format.ts';
import { layOutTerms, type TermBar } from './term-bars.ts';

/** Why one level is kept or not: what speaks for it to the right, what speaks against it to the left, and the sum as the decision. */
export function LevelTerms({ level }: { readonly level: LevelExplanation }) {
  const { zeroPercent, bars, sum } = layOutTerms(level);
  const isKept = sum.gpuSeconds > 0;
  return (
    <section className="level" aria-label={`replica ${level.level}`}>
      <header>
        <h4>Replica {level.level}</h4>
        <span className={`badge ${isKept ? 'hot' : ''}`}>{isKept ? 'worth keeping' : 'not worth it'}</span>
        <span className="muted">
          needed in the next {formatTick(level.priceSeconds)}: {formatChance(level.chance)}
        </span>
      </header>
      <table className="terms">
        <caption className="unseen">{`What speaks for keeping replica ${level.level} hot, and what against`}</caption>
        <thead className="unseen">
          <tr>
            <th scope="col">term</th>
            <th scope="col">bar</th>
            <th scope="col">GPU-seconds</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <TermRow key={bar.name} bar={bar} zeroPercent={zeroPercent} />
          ))}
        </tbody>
        <tfoot>
          <TermRow bar={sum} zeroPercent={zeroPercent} />
        </tfoot>
      </table>
    </section>
  );
}

function TermRow({ bar, zeroPercent }: { readonly bar: TermBar; readonly zeroPercent: number }) {
  const side = bar.gpuSeconds < 0 ? 'against' : 'for';
  return (
    <tr title={bar.meaning}>
      <th scope="row">{bar.label}</th>
      <td className="bar" aria-hidden="true">
        <span className="room">
          <i className="zero" style={{ left: `${zeroPercent}%` }} />
          {Math.abs(bar.gpuSeconds) >= termMin && (
            <i className={side} style={{ left: `${bar.startPercent}%`, width: `${bar.lengthPercent}%` }} />
          )}
        </span>
      </td>
      <td className="figure">{formatSigned(bar.gpuSeconds)}</td>
    </tr>
  );
}
