import type { RegretView } from '../core/warming/warmth-view.ts';
import { formatCost, formatSpan, formatWeekMoment } from './format.ts';

/** This week's bill beside that of the best fixed keep-alive, chosen afterwards. */
export function RegretCard({ regret }: { readonly regret: RegretView }) {
  const { savedMicros, paidMicros, bestFixedMicros, prewarmsUseful, prewarmsWasted } = regret;
  const most = Math.max(1, paidMicros, bestFixedMicros);
  const keepAlive = formatSpan(1_000 * regret.bestKeepAliveSeconds);
  return (
    <section className="card" aria-labelledby="regret-title">
      <header>
        <h3 id="regret-title">The week so far</h3>
        <span className="muted small">since {formatWeekMoment(regret.sinceMs)}</span>
      </header>
      {paidMicros === 0 && bestFixedMicros === 0 ? (
        <p className="muted">Nothing has been paid this week.</p>
      ) : (
        <>
          <p className={`big ${savedMicros < 0 ? 'lost' : 'saved'}`}>
            {formatCost(Math.abs(savedMicros))}{' '}
            <small>
              {savedMicros < 0 ? 'more than' : 'saved against'} the best fixed keep-alive ({keepAlive}, chosen
              afterwards)
            </small>
          </p>
          <dl className="bills">
            <Bill name="paid, waiting included" micros={paidMicros} most={most} kind="ours" />
            <Bill name={`best fixed keep-alive, ${keepAlive}`} micros={bestFixedMicros} most={most} kind="" />
          </dl>
        </>
      )}
      <dl className="figures">
        <div>
          <dt>cold starts suffered</dt>
          <dd>
            {regret.coldsSuffered} <small>best fixed: {regret.coldsOfBestFixed}</small>
          </dd>
        </div>
        <div>
          <dt>starts ahead of demand</dt>
          <dd>
            {prewarmsUseful} <small>used</small> {prewarmsWasted} <small>wasted</small>
          </dd>
        </div>
      </dl>
    </section>
  );
}

interface BillProps {
  readonly name: string;
  readonly micros: number;
  readonly most: number;
  readonly kind: string;
}

function Bill({ name, micros, most, kind }: BillProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{formatCost(micros)}</dd>
      <dd className="meter" aria-hidden="true">
        <i className={kind} style={{ width: `${(100 * Math.max(0, micros)) / most}%` }} />
      </dd>
    </div>
  );
}
