// Lives of sandboxes whose pool's commands go to the agent alone, which is killed once in each. Owns the campaign and what it must show.
import { zeroCheck, type Check } from '../../../src/cli/checks.ts';
import { runKill, type KillRun } from '../../support/modal/kill-run.ts';
import { ModalServer } from '../../support/modal/modal-server.ts';
import { livesOfAll, momentNames } from '../../support/modal/moments.ts';
import { makeSandboxAgent } from '../../support/modal/sandbox-agent.ts';
import { runLives, type Campaign } from './run-lives.ts';

export async function runAgentCampaign(campaign: Campaign): Promise<readonly Check[]> {
  const modal = new ModalServer();
  await modal.open();
  const agent = makeSandboxAgent(
    modal,
    { MODAL_SWEEP_MS: '300', MODAL_CLAIM_MS: '3000', MODAL_ON_END: 'keep' },
    campaign.from,
  );
  await agent.start();
  try {
    const runs = await runLives(campaign, (seed) => runKill({ modal, agent, version: 'good@1' }, seed));
    return judge(runs, modal.sandboxes.running().length);
  } finally {
    await agent.dispose();
    await modal.close();
  }
}

/** A campaign that kills nothing, or misses a moment, proves nothing. */
export function judge(runs: readonly KillRun[], left: number): readonly Check[] {
  const n = runs.length;
  const spared = runs.filter(({ wasKilled }) => !wasKilled);
  const met = new Set(runs.filter(({ wasKilled }) => wasKilled).map(({ moment }) => moment));
  const missed = [...momentNames].filter((name) => !met.has(name));
  const isWhole = n >= livesOfAll;
  const count = (is: (run: KillRun) => boolean): number => runs.filter(is).length;
  return [
    zeroCheck(
      'modal.wentWrong',
      count(({ faults }) => faults.length > 0),
      n,
      'lives',
    ),
    zeroCheck(
      'modal.startedTwice',
      count(({ wasTwice }) => wasTwice),
      n,
      'lives with two sandboxes at a time, or more than their deaths explain',
    ),
    zeroCheck('modal.left', left, n, 'sandboxes that run at the end'),
    zeroCheck(
      'modal.notKilled',
      spared.length,
      n,
      `lives whose agent was not killed${spared.length > 0 ? `: ${spared.map(({ moment }) => moment).join(', ')}` : ''}`,
    ),
    ...(isWhole
      ? [
          zeroCheck(
            'modal.momentsMissed',
            missed.length,
            momentNames.size,
            missed.length === 0 ? 'moments, each met by a kill' : missed.join(', '),
          ),
        ]
      : []),
  ];
}
