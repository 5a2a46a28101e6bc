// `npm run chaos:modal`: the agent killed once in each of many lives of Modal sandboxes, by itself and behind the real edge. Nothing may be
// left, started twice or told dishonestly. Ends with 1 when something is wrong.
import { rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../../src/cli/checks.ts';
import { runAgentCampaign } from './modal/agent-campaign.ts';
import { runEdgeCampaign } from './modal/edge-campaign.ts';
import type { Campaign } from './modal/run-lives.ts';
import { modalPlants, plantEdits } from './plants.ts';

const help = `npm run chaos:modal -- [--kills N] [--edge N] [--seed N] [--plant NAME] [--json FILE] [--out FILE]

  --kills N     lives with the agent alone: start, park, wake, stop (default 100)
  --edge N      lives behind the edge: a cold request streamed, parked, woken by the next, gone (default 100)
  --seed N      the first life; the seed says at which moment the agent is killed (default 1)
  --plant NAME  plants a bug in a copy of the agent, which both parts must catch or the one that can (or "all"); exit code 0 when caught:
                ${Object.keys(modalPlants).join(', ')}
  --json FILE   writes {"checks":[...]}
  --out FILE    writes the table as Markdown (docs/results/modal.md)`;

/** Each bug shows within so many lives of the one kind or of the other. */
const plantLives = { agent: 40, edge: 24 };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      edge: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      plant: { type: 'string' },
      json: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  if (values.plant !== undefined) return catchPlants(values.plant);
  const firstSeed = Number(values.seed);
  const [kills, edge] = [Number(values.kills), Number(values.edge)];
  const began = performance.now();
  const alone = kills > 0 ? await runAgentCampaign({ lives: kills, firstSeed }) : [];
  const aloneS = Math.round((performance.now() - began) / 1000);
  const behind = edge > 0 ? await runEdgeCampaign({ lives: edge, firstSeed }) : [];
  const edgeS = Math.round((performance.now() - began) / 1000) - aloneS;
  const checks = [...alone, ...behind];
  printChecks(checks);
  const took = `${kills} lives with the agent alone took ${aloneS} s, ${edge} behind the edge ${edgeS} s.`;
  console.log(took);
  if (values.json !== undefined) writeChecks(values.json, checks);
  if (values.out !== undefined) writeFileSync(values.out, renderPage(checks, took));
  process.exitCode = checks.length > 0 && checks.every(({ ok }) => ok) ? 0 : 1;
}

async function catchPlants(name: string): Promise<void> {
  const missed: string[] = [];
  for (const each of name === 'all' ? Object.keys(modalPlants) : name.split(',')) {
    const plant = modalPlants[each];
    if (plant === undefined) throw new Error(`no such plant: ${each}\n${help}`);
    const from = plantEdits(each, [plant]);
    const campaign = { firstSeed: 1, untilFault: true, from };
    const byAgent = await catches(runAgentCampaign, { ...campaign, lives: plantLives.agent });
    const byEdge = await catches(runEdgeCampaign, { ...campaign, lives: plantLives.edge });
    rmSync(from, { recursive: true, force: true });
    const by = [...(byAgent ? ['agent alone'] : []), ...(byEdge ? ['edge'] : [])];
    console.log(`plant ${each}: ${by.length === 0 ? 'MISSED' : `caught (${by.join(', ')})`}`);
    if (by.length === 0) missed.push(each);
  }
  process.exitCode = missed.length === 0 ? 0 : 1;
}

/** By what goes wrong or is left, not by a campaign that ended early. */
async function catches(
  run: (campaign: Campaign) => Promise<readonly Check[]>,
  campaign: Campaign,
): Promise<boolean> {
  return (await run(campaign)).some(({ id, ok }) => !ok && /\.(?:wentWrong|left|startedTwice)$/.test(id));
}

function renderPage(checks: readonly Check[], took: string): string {
  const rows = checks.map(({ id, value, n, note }) => `| \`${id}\` | ${value} | ${n} | ${note} |`);
  return [
    '# Kills on Modal',
    '',
    "`npm run chaos:modal`: the agent killed once in each life of a sandbox, before or after a call or within a step, against a server that speaks Modal's wire protocol and starts emulated GPUs. Modal itself was not asked.",
    '',
    '| check | value | n | what |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    took,
    '',
  ].join('\n');
}

await main();
process.exit();
