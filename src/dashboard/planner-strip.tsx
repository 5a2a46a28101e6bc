import type { GuardView } from '../core/warming/warmth-view.ts';
import { formatCost, formatSpan, formatWeekMoment } from './format.ts';
import { usePlanner } from './use-warmth.ts';

/** The planner as a whole, in one line: what it saved this week, who decides, and the GPU budget. */
export function PlannerStrip({ token }: { readonly token: string }) {
  const { reply, problem } = usePlanner(token);
  // A token that is not valid, or an endpoint out of reach, is said by the pools already.
  if (problem !== null && (problem.status === null || problem.status === 401)) return null;
  if (problem !== null)
    return (
      <aside className="strip" aria-label="planner">
        <p className="problem">
          {problem.status === 503 ? 'The planner is silent.' : problem.message} Meanwhile the pools live by
          their present plans, then by the windows of their settings.
        </p>
      </aside>
    );
  if (reply === null) return null;
  const { regret, guard, gpuBudget } = reply;
  const { savedMicros, paidMicros, bestFixedMicros } = regret;
  const isBlank = paidMicros === 0 && bestFixedMicros === 0;
  return (
    <aside className="strip" aria-label="planner">
      <div>
        <span className="muted small">this week, since {formatWeekMoment(regret.sinceMs)}</span>
        {isBlank ? (
          <strong>nothing paid yet</strong>
        ) : (
          <strong className={savedMicros < 0 ? 'lost' : 'saved'}>
            {formatCost(Math.abs(savedMicros))} {savedMicros < 0 ? 'more' : 'saved'}
          </strong>
        )}
        {!isBlank && (
          <span className="muted small">
            paid {formatCost(paidMicros)}; the best fixed keep-alive (
            {formatSpan(1_000 * regret.bestKeepAliveSeconds)}) {formatCost(bestFixedMicros)}
          </span>
        )}
      </div>
      <Guard guard={guard} />
      {gpuBudget !== null && (
        <div>
          <span className="muted small">GPU budget</span>
          <strong>{gpuBudget}</strong>
          <span className="muted small">
            {gpuBudget === 1 ? 'replica' : 'replicas'} hot or loading at once
          </span>
        </div>
      )}
    </aside>
  );
}

function Guard({ guard: { isTrusting, trips, balanceMicros } }: { readonly guard: GuardView }) {
  const tripped = trips === 0 ? 'never tripped' : `tripped ${trips === 1 ? 'once' : `${trips} times`}`;
  return (
    <div>
      <span className="muted small">guard</span>
      <strong>
        <span className={`badge by-${isTrusting ? 'forecast' : 'guard'}`}>
          {isTrusting ? 'trusts the forecast' : 'ski rental decides'}
        </span>
      </strong>
      <span className="muted small">
        {tripped}; {formatCost(balanceMicros)} on its account
      </span>
    </div>
  );
}
