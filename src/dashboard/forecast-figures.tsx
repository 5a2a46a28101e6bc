import type { ForecastView } from '../core/warming/warmth-view.ts';
import { formatChance, formatCount, formatSpan } from './format.ts';

/** How many requests are likely to come, for each horizon. */
export function ForecastFigures({ forecast }: { readonly forecast: readonly ForecastView[] }) {
  return (
    <ul className="horizons">
      {forecast.map(({ horizonMs, meanCount, lowCount, highCount, anyChance }) => (
        <li key={horizonMs}>
          <h4>next {horizonMs === 60_000 ? '1 min' : formatSpan(horizonMs)}</h4>
          <p className="big">
            {formatCount(meanCount)} <small>{meanCount === 1 ? 'request' : 'requests'}</small>
          </p>
          <p>
            <small>
              10–90 %: {formatCount(lowCount)} to {formatCount(highCount)}
            </small>
          </p>
          <div className="meter" aria-hidden="true">
            <i style={{ width: `${100 * anyChance}%` }} />
          </div>
          <p>
            <small>chance of any: {formatChance(anyChance)}</small>
          </p>
        </li>
      ))}
    </ul>
  );
}
