// The forecasters that an ensemble mixes, in the order in which their state is kept, and the channels that are mixed. Pure data.

export const memberNames = [
  'last-value',
  'recent-rate',
  'seasonal',
  'level-seasonal',
  'hybrid-histogram',
  'additive',
] as const;
export type MemberName = (typeof memberNames)[number];

/** Each is mixed by its own weights: what is best for the middle need not be for the high end. */
export const channels = ['mean', 'low', 'mid', 'high', 'any'] as const;
export type Channel = (typeof channels)[number];
