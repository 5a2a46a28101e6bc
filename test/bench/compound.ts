// `npm run bench:compound`: what compound functions cost and save: cascades of cold starts, fan-outs, many sessions at once, bursts. Runs the
// Worker on the bare runtime with the real agent and real model processes; the models' times are emulated.
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../../src/cli/checks.ts';
import { checkBranches, checkChain, runCascade } from './compound/cascade.ts';
import { measureBurst } from './compound/burst.ts';
import { measureDaily } from './compound/daily.ts';
import { measureEmbedded } from './compound/embedded.ts';
import { measureFanOut } from './compound/fan-out.ts';
import { measureLanes } from './compound/lanes.ts';
import { measureSessions } from './compound/sessions.ts';
import { writeCompoundDoc } from './compound/write-doc.ts';

const scenarios = [
  'fan-out',
  'sessions',
  'embedded',
  'lanes',
  'burst',
  'daily',
  'chain',
  'branches',
] as const;
type Scenario = (typeof scenarios)[number];

const help = `npm run bench:compound -- [--only NAMES] [--runs N] [--json FILE] [--markdown FILE]

Measures compound functions on the bare runtime, with the real agent and real processes of emulated models:
  daily      a chain that is called in office hours, in virtual time: what forecasting its calls adds (seconds)
  chain      three models in a row, all gone: the cold delay under each way of warming (loads of 6 s; 12 minutes)
  branches   the same with later stages taken in 3 of 10 runs: what is wasted, and what is waited for (15 minutes)
  fan-out    50 runs of 5 calls at once: what the platform adds to the slowest call (20 seconds)
  sessions   50 sessions of support-agent at once, five turns each: time of a turn, drops, order (a minute)
  embedded   4 sessions of support-agent at once on the embedded models, nothing emulated (a minute)
  lanes      a quick model beside an overloaded slow one, and the same in one queue (two minutes)
  burst      ten times the arrivals of support-agent: which pool grows by how much (two minutes)

  --only NAMES      some of ${scenarios.join(', ')}, with commas between (default: all)
  --runs N          runs per way of warming (default 20)
  --json FILE       writes {"checks":[...]}
  --markdown FILE   writes the table for docs/results
  --help            this

Give it a quiet machine: loads are processes that start, and what else runs makes them longer.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: scenarios.join(',') },
      runs: { type: 'string', default: '20' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const only = readOnly(values.only);
  const runs = readRuns(values.runs);
  const checks: Check[] = [];
  for (const scenario of only) {
    console.log(`${scenario}:`);
    checks.push(...(await measure(scenario, runs)));
  }
  printChecks(checks);
  if (values.json !== undefined) writeChecks(values.json, checks);
  if (values.markdown !== undefined) writeCompoundDoc(values.markdown, checks);
  return checks.every(({ ok }) => ok) ? 0 : 1;
}

async function measure(scenario: Scenario, runs: number): Promise<readonly Check[]> {
  switch (scenario) {
    case 'daily':
      return measureDaily({ historyDays: 10, days: 4, perHour: 12 });
    case 'chain':
      return checkChain(
        await runCascade({
          runs,
          chance: 1,
          loadMs: 6_000,
          stageMs: 1_500,
          lessons: 3,
          modes: ['off', 'all-at-once', 'just-in-time', 'just-in-time-p'],
        }),
      );
    case 'branches':
      return checkBranches(
        await runCascade({
          runs,
          chance: 0.3,
          loadMs: 6_000,
          stageMs: 8_000,
          lessons: 10,
          modes: ['off', 'all-at-once', 'just-in-time-p'],
        }),
      );
    case 'fan-out':
      return await measureFanOut({ runs: 50, rounds: 3 });
    case 'sessions':
      return await measureSessions({ sessions: 50, turns: 5 });
    case 'embedded':
      return await measureEmbedded({ sessions: 4, turns: 31 });
    case 'lanes':
      return await measureLanes({ seconds: 30 });
    case 'burst':
      return await measureBurst({ seconds: 45, perSecond: 0.25 });
    default:
      return scenario satisfies never;
  }
}

function readOnly(text: string): readonly Scenario[] {
  return text.split(',').map((name) => {
    const known = scenarios.find((each) => each === name.trim());
    if (known === undefined) throw new Error(`--only knows ${scenarios.join(', ')}, not "${name}"`);
    return known;
  });
}

function readRuns(text: string): number {
  const runs = Number(text);
  if (!Number.isInteger(runs) || runs < 1 || runs > 200)
    throw new Error(`--runs must be 1 to 200, not "${text}"`);
  return runs;
}

main().then(
  (code) => process.exit(code),
  (cause: unknown) => {
    console.error(`error: ${cause instanceof Error ? cause.message : String(cause)}`);
    process.exit(2);
  },
);
