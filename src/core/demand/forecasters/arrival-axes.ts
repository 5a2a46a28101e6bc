// The figures that the additive forecast is made of and where each lies in its tables. Pure data.
import type { Axis } from '../additive-tables.ts';

/** Counts are told apart from 2^-8 up; the ends are where nothing more is told apart. */
const countAxis = (name: string): Axis => ({ name, low: -8, step: 2, knots: 13 });

export const arrivalAxes: readonly Axis[] = [
  countAxis('rate over 1 min'),
  countAxis('rate over 5 min'),
  countAxis('rate over 1 h'),
  countAxis('rate over 1 day'),
  countAxis('same time on earlier days'),
  countAxis('pauses as they were'),
  { name: 'last horizon', low: -1, step: 1.5, knots: 11 },
  { name: 'since the last arrival', low: 0, step: 2, knots: 10 },
  { name: 'hour of day', low: 0, step: 3, knots: 9 },
  { name: 'all pools in 30 min', low: -2, step: 2, knots: 10 },
  { name: 'all pools against the usual', low: -4, step: 1, knots: 9 },
];
