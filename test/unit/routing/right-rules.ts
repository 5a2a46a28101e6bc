// Rules that are right but for what a test changes about them.
export const rule = { id: 'r', target: 'a@1' };
export const one = (change: object): unknown => [{ ...rule, ...change }];
export const match = (condition: unknown): unknown => one({ match: condition });
export const list = (count: number, make: (at: number) => object = () => ({})): readonly object[] =>
  Array.from({ length: count }, (_, at) => Object.assign({ ...rule, id: `r-${at}` }, make(at)));
export const zones = [
  'UTC',
  'Europe/Berlin',
  'Europe/Paris',
  'Asia/Tokyo',
  'Asia/Kolkata',
  'America/Lima',
  'America/New_York',
  'Africa/Cairo',
  'Asia/Dubai',
];

export const nest = (levels: number): object =>
  levels === 0 ? { model: 'x' } : { not: { model: 'y', any: [nest(levels - 1)] } };

/** What is written, where it is refused, and a piece of the reason. */
export type Mistake = readonly [name: string, written: unknown, path: string, reason: string];
