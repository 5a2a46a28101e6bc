// The figures that the hazard of a level is made of, and where each lies in the tables. Owns names, scales and groups. Pure data.
import type { Axis } from './additive-tables.ts';

/** Positions of a level's own figures, then of its pool's, then of the whole platform's. */
export const figure = {
  idleAge: 0,
  upAge: 1,
  belowAge: 2,
  ups10m: 3,
  ups1h: 4,
  ups1d: 5,
  gap: 6,
  ownGaps: 7,
  arrivals5m: 8,
  arrivals1h: 9,
  arrivals1d: 10,
  season: 11,
  cross: 12,
  here: 13,
  onTheirWay: 14,
  platform: 15,
  hour: 16,
} as const;

export const levelFigures = 8;
export const poolFigures = 7;
/** What is the same for every pool is added once per tick. */
export const sharedFigures = 2;

/** Knots lie two octaves apart where a figure spans many of them; the ends are where nothing more is told apart. */
export const hazardAxes: readonly Axis[] = [
  { name: 'idle for', low: 0, step: 2, knots: 10 },
  { name: 'last went up', low: 0, step: 2, knots: 10 },
  { name: 'level below went up', low: 0, step: 2, knots: 10 },
  { name: 'ups in 10 min', low: -8, step: 2, knots: 8 },
  { name: 'ups in 1 h', low: -8, step: 2, knots: 9 },
  { name: 'ups in 1 day', low: -8, step: 2, knots: 10 },
  { name: 'gap to the load', low: 0, step: 1, knots: 6 },
  { name: 'own gaps at this age', low: -19, step: 1.6, knots: 11 },
  { name: 'arrivals in 5 min', low: -8, step: 2, knots: 9 },
  { name: 'arrivals in 1 h', low: -8, step: 2, knots: 10 },
  { name: 'arrivals in 1 day', low: -8, step: 2, knots: 11 },
  { name: 'same time on earlier days', low: -4, step: 1.3, knots: 10 },
  { name: 'tenants elsewhere', low: -22, step: 2.7, knots: 8 },
  { name: 'tenants here and elsewhere', low: -22, step: 2.7, knots: 8 },
  { name: 'runs on their way', low: -9, step: 1.5, knots: 9 },
  { name: 'all pools in 30 min', low: -2, step: 1.6, knots: 10 },
  { name: 'hour of day', low: 0, step: 3, knots: 9 },
];

/** Groups that can be switched off alone: what each is worth is measured so. */
export const figureGroups = {
  age: [figure.idleAge, figure.upAge, figure.belowAge],
  ups: [figure.ups10m, figure.ups1h, figure.ups1d],
  gap: [figure.gap],
  own: [figure.ownGaps],
  rates: [figure.arrivals5m, figure.arrivals1h, figure.arrivals1d],
  season: [figure.season],
  tenants: [figure.cross, figure.here],
  graph: [figure.onTheirWay],
  platform: [figure.platform],
  hour: [figure.hour],
} as const satisfies Readonly<Record<string, readonly number[]>>;

export type FigureGroup = keyof typeof figureGroups;
