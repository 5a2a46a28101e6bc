// The agent killed at seeded moments of a sandbox's life: `npm run chaos:modal [-- KILLS [FIRST SEED]]`. No sandbox may be left, no
// life have two at a time, no replica be lost. `npm run chaos:modal -- plants` plants one bug after another in a copy of the agent, and each must be
// caught. Ends with 1 when something is wrong.
import { rmSync } from 'node:fs';
import { ModalServer } from '../support/modal/modal-server.ts';
import { makeSandboxAgent } from '../support/modal/sandbox-agent.ts';
import { runKill, type KillRun } from '../support/modal/kill-run.ts';
import { modalPlants, plantEdits } from './plants.ts';

/** Each bug shows within so many lives. */
const plantLivesMax = 40;

interface Campaign {
  readonly kills: number;
  readonly firstSeed: number;
  /** Stops at the first life that goes wrong. */
  readonly untilFault?: boolean;
  /** The copy of the project whose agent is killed. */
  readonly from?: string;
}

async function run({ kills, firstSeed, untilFault = false, from }: Campaign): Promise<boolean> {
  const modal = new ModalServer();
  await modal.open();
  const agent = makeSandboxAgent(modal, { MODAL_SWEEP_MS: '300', MODAL_CLAIM_MS: '3000' }, from);
  await agent.start();
  const runs: KillRun[] = [];
  for (let seed = firstSeed; seed < firstSeed + kills; seed += 1) {
    const life = await runKill({ modal, agent, version: 'good@1' }, seed);
    runs.push(life);
    if (life.faults.length > 0) console.log(`  seed ${seed}, ${life.moment}: ${life.faults.join('; ')}`);
    if (life.faults.length > 0 && untilFault) break;
  }
  const left = modal.sandboxes.running().length;
  await agent.dispose();
  await modal.close();
  const killed = runs.filter(({ wasKilled }) => wasKilled).length;
  const bad = runs.filter(({ faults }) => faults.length > 0).length;
  console.log(
    `${runs.length} lives, ${killed} with the agent killed: ${bad} went wrong, ${left} sandboxes left`,
  );
  return bad === 0 && left === 0;
}

async function runPlants(): Promise<boolean> {
  const missed: string[] = [];
  for (const [name, plant] of Object.entries(modalPlants)) {
    const from = plantEdits(name, [plant]);
    const isWell = await run({ kills: plantLivesMax, firstSeed: 1, untilFault: true, from });
    rmSync(from, { recursive: true, force: true });
    console.log(`plant ${name}: ${isWell ? 'MISSED' : 'caught'}`);
    if (isWell) missed.push(name);
  }
  return missed.length === 0;
}

const [kills = '100', first = '1'] = process.argv.slice(2);
const isWell =
  kills === 'plants' ? await runPlants() : await run({ kills: Number(kills), firstSeed: Number(first) });
process.exit(isWell ? 0 : 1);
