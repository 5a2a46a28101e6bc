import type { PoolReply, WarmthView } from '../core/warming/warmth-view.ts';
import { formatCount, formatMs } from './format.ts';
import { deciders, describePlan, formatWindow } from './plan-words.ts';

/** The plan in words and figures, and who made it. */
export function PlanCard({ reply }: { readonly reply: PoolReply }) {
  const { pool, warmth, nowMs } = reply;
  const inForce = pool?.plan ?? null;
  const plan = inForce ?? warmth?.plan ?? null;
  return (
    <section className={`card ${warmth === null ? 'wide' : ''}`} aria-labelledby="plan-title">
      <header>
        <h3 id="plan-title">The plan</h3>
        {warmth !== null && <span className={`badge by-${warmth.by}`}>{deciders[warmth.by].badge}</span>}
      </header>
      {plan === null ? (
        <p className="muted">No plan is in force: the pool lives by the windows of its settings.</p>
      ) : (
        <>
          <p className="lead">{describePlan(plan)}</p>
          <dl className="figures">
            <Figure name="keep hot" value={plan.keepHot} />
            <Figure name="warm to" value={plan.warmTo} />
            <Figure name="keep parked" value={plan.keepParked} />
            {plan.parkTo > 0 && <Figure name="park to" value={plan.parkTo} />}
            <Figure name="idle window" value={formatWindow(plan.hotMinMs, plan.hotMaxMs)} />
            <Figure name="parked window" value={formatWindow(plan.parkedMinMs, plan.parkedMaxMs)} />
            {inForce !== null && (
              <Figure name="ends in" value={formatMs(Math.max(0, plan.untilMs - nowMs))} />
            )}
          </dl>
          {plan.because !== '' && <p className="why">Because {plan.because}.</p>}
          {pool !== null && inForce === null && (
            <p className="muted small">
              The pool is at rest and has no plan: this is what the planner would ask of it.
            </p>
          )}
        </>
      )}
      {warmth !== null && <p className="small">{deciders[warmth.by].sentence}</p>}
      {warmth !== null && <CountedOn warmth={warmth} />}
    </section>
  );
}

/** What the planner counts on; a figure that was not measured yet is its guess. */
function CountedOn({ warmth: { figures, cut } }: { readonly warmth: WarmthView }) {
  const parts = [
    `a load takes ${formatMs(1_000 * figures.loadSeconds)}`,
    figures.wakeSeconds === null ? 'no parking' : `a wake takes ${formatMs(1_000 * figures.wakeSeconds)}`,
    `a parked second costs ${formatCount(100 * figures.parkedShare)} % of a hot one`,
    `a second of waiting is worth ${formatCount(figures.gamma)} GPU-seconds`,
    ...(figures.floor > 0 ? [`${figures.floor} always hot`] : []),
  ];
  return (
    <>
      <p className="muted small">It counts on: {parts.join('; ')}.</p>
      {cut > 0 && (
        <p className="problem">
          The GPU budget has cut {cut} {cut === 1 ? 'replica that was' : 'replicas that were'} worth keeping.
        </p>
      )}
    </>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string | number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
