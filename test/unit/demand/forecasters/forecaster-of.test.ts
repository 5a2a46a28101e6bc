// Forecasters by name: every name makes one, a wrong name says which there are, a snapshot that is not whole is refused.
import { describe, expect, test } from 'vitest';
import type { ForecasterSnapshot } from '../../../../src/core/demand/forecast.ts';
import { forecasterNames, forecasterOf } from '../../../../src/core/demand/forecasters/forecaster-of.ts';
import { SharedDemand } from '../../../../src/core/demand/forecasters/shared-demand.ts';
import { make, minuteMs } from './arrivals.ts';

test.each(forecasterNames)(
  '%s: bears its name, knows nothing at first, and says why it expects what it does',
  (name) => {
    const forecaster = make(name);
    expect(forecaster.name).toBe(name);
    expect(forecaster.forecast(0, minuteMs)).toMatchObject({ meanCount: 0, highCount: 0, anyChance: 0 });
    for (let minute = 0; minute < 90; minute += 1) forecaster.arrive(minute * minuteMs, 3);
    expect(forecaster.forecast(90 * minuteMs, minuteMs).because).toMatch(/\w{2,}/);
    expect(forecaster.forecast(90 * minuteMs, minuteMs).meanCount).toBeGreaterThan(0.5);
  },
);

test.each(['', 'Ensemble', 'magic', 'constructor'])(
  'an unknown name "%s" is told which there are',
  (name) => {
    const made = forecasterOf(name, new SharedDemand());
    expect(made.ok ? '' : made.error).toBe(
      `there is no forecaster "${name}", there are ${forecasterNames.join(', ')}`,
    );
  },
);

describe('a damaged snapshot is an error, not a forecaster of nonsense', () => {
  const whole = ((): ForecasterSnapshot => {
    const forecaster = make('ensemble');
    forecaster.arrive(5 * minuteMs, 2);
    forecaster.forecast(30 * minuteMs, minuteMs);
    return forecaster.snapshot();
  })();
  const damaged: readonly (readonly [string, ForecasterSnapshot])[] = [
    ['of another forecaster', { ...whole, name: 'seasonal' }],
    ['cut short', { ...whole, state: whole.state.slice(0, -1) }],
    ['too long', { ...whole, state: [...whole.state, 0] }],
    ['empty', { ...whole, state: [] }],
    ['with what is no number', { ...whole, state: whole.state.with(7, Number.NaN) }],
  ];

  test.each(damaged)('%s', (_what, snapshot) => {
    const made = forecasterOf('ensemble', new SharedDemand(), snapshot);
    expect(made.ok ? '' : made.error).toMatch(/^the snapshot is not one of the forecaster "ensemble"/);
  });

  test('of the shared state', () => {
    const { version, state } = new SharedDemand().snapshot();
    expect(new SharedDemand().restore({ version, state })).toBe(true);
    expect(new SharedDemand().restore({ version, state: state.slice(1) })).toBe(false);
    expect(new SharedDemand().restore({ version, state: [...state, 1] })).toBe(false);
    expect(new SharedDemand().restore({ version, state: state.with(0, Number.POSITIVE_INFINITY) })).toBe(
      false,
    );
  });
});
