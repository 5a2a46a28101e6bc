// The agent killed while requests wait for their sandbox. `npm run chaos:modal` does a hundred.
import { expect, test } from 'vitest';
import { runEdgeCampaign } from '../chaos/modal/edge-campaign.ts';

test('lives behind the edge with a kill in each: requests end honestly, nothing is left or started twice', async () => {
  const checks = await runEdgeCampaign({ lives: 3, firstSeed: 1 });
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
});
