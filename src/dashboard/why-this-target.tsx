import type { WarmthView } from '../core/warming/warmth-view.ts';
import { formatTick } from './format.ts';
import { LevelTerms } from './level-terms.tsx';
import { Blank, Part } from './part.tsx';
import { termWords } from './term-bars.ts';

/** For the levels next to the present load: what speaks for keeping each, and what against. */
export function WhyThisTarget({ warmth: { levels, by } }: { readonly warmth: WarmthView }) {
  return (
    <Part id="why" title="Why this target">
      {levels.length === 0 ? (
        <Blank>nothing is known yet: the forecast begins with the first request</Blank>
      ) : (
        <>
          <p className="muted">
            What it saves to keep each next replica for another {formatTick(levels[0]?.priceSeconds ?? 60)},
            in GPU-seconds, term by term, less its price. Above zero it is worth keeping.
            {by !== 'forecast' &&
              ' The forecast does not decide alone now; these are its reasons all the same.'}
          </p>
          <div className="levels">
            {levels.map((level) => (
              <LevelTerms key={level.level} level={level} />
            ))}
          </div>
          <details className="small">
            <summary>What the terms mean</summary>
            <dl className="meanings">
              {Object.values(termWords).map(({ label, meaning }) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </details>
        </>
      )}
    </Part>
  );
}
