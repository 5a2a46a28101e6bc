import type { WarmthView } from '../core/warming/warmth-view.ts';
import { ForecastChart } from './forecast-chart.tsx';
import { ForecastFigures } from './forecast-figures.tsx';
import { Blank, Part } from './part.tsx';

/** What is likely to come, and what was forecast of late beside what came. */
export function Forecast({ warmth: { forecast, track } }: { readonly warmth: WarmthView }) {
  const isBlank = track.length === 0 && forecast.every(({ anyChance }) => anyChance === 0);
  return (
    <Part id="forecast" title="The forecast">
      {isBlank ? (
        <Blank>nothing is known yet: the forecast begins with the first request</Blank>
      ) : (
        <>
          <ForecastFigures forecast={forecast} />
          {track.length === 0 ? (
            <Blank>the record of the last day begins when the first ten minutes are over</Blank>
          ) : (
            <ForecastChart track={track} />
          )}
        </>
      )}
    </Part>
  );
}
