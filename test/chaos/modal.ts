// The agent killed at seeded moments of a sandbox's life: `node test/chaos/modal.ts [kills] [first seed]`. No sandbox may be left, none be
// started twice, no replica be lost. Ends with 1 when something is wrong.
import { ModalServer } from '../support/modal/modal-server.ts';
import { makeSandboxAgent } from '../support/modal/sandbox-agent.ts';
import { runKill, type KillRun } from '../support/modal/kill-run.ts';

const [kills = '100', first = '1'] = process.argv.slice(2);
const modal = new ModalServer();
await modal.open();
const agent = makeSandboxAgent(modal, { MODAL_SWEEP_MS: '300', MODAL_CLAIM_MS: '3000' });
await agent.start();
const runs: KillRun[] = [];
for (let seed = Number(first); seed < Number(first) + Number(kills); seed += 1) {
  const run = await runKill({ modal, agent, version: 'good@1' }, seed);
  runs.push(run);
  if (run.faults.length > 0) console.log(`seed ${seed}, ${run.moment}: ${run.faults.join('; ')}`);
}
const left = modal.sandboxes.running().length;
await agent.dispose();
await modal.close();
const killed = runs.filter(({ wasKilled }) => wasKilled).length;
const bad = runs.filter(({ faults }) => faults.length > 0).length;
console.log(
  `${runs.length} lives, ${killed} with the agent killed, ${left} sandboxes left, ${bad} lives with a fault`,
);
process.exit(bad > 0 || left > 0 ? 1 : 0);
