// What a tier buys: how much a second of its users' waiting is worth, as a multiple of the deployment's own figure. A floor is bought
// apart (`floor` of the version). Pure data.

export const tiers = ['economy', 'standard', 'premium'] as const;
export type Tier = (typeof tiers)[number];

const multiples: Readonly<Record<Tier, number>> = { economy: 0.25, standard: 1, premium: 5 };

/** Worth of a second of waiting in a tier, in the unit of `standardPerSecond`. */
export function waitCostOf(tier: Tier, standardPerSecond: number): number {
  return standardPerSecond * multiples[tier];
}
