// `npm run chaos:runs`: seeded SIGKILLs of Workers, model servers and agents under writers of sessions and runs, followers whose connections
// are cut at any byte, and recorded histories of session logs. Nothing acknowledged may be lost, doubled, done twice or half visible.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../../src/cli/checks.ts';
import { bundleWorker } from '../support/raw-workerd.ts';
import { plantEdits } from './plants.ts';
import { runEpoch, type Tally } from './runs/epoch.ts';
import { Findings, type PromiseId } from './runs/findings.ts';
import { newTally, killsOf } from './runs/nemesis.ts';
import { newHistoryTally, runHistories, sayHistories } from './runs/histories.ts';
import { runPlants } from './runs/plants.ts';
import {
  checksOf,
  floorCheck,
  renderResults,
  sayTally,
  writePlants,
  writeSection,
  type PlantRow,
} from './runs/report.ts';

const help = `npm run chaos:runs -- [--kills N] [--cuts N] [--histories N] [--seed N] [--writers N] [--plant NAME] [--json FILE]

  --kills N      kills in all: 60 % Workers, 30 % model servers, 10 % agents (default 2000)
  --cuts N       connections of followers that are cut at a random byte, at least (default 1000)
  --histories N  recorded histories of session logs under kills (default 1000; 0 = none)
  --writers N    clients that write at the same time (default 16)
  --seed N       which kills when, which cuts where (default 1)
  --out FILE     writes the tables as Markdown (docs/results/runs.md)
  --port N       the first of sixteen ports (default 9300)
  --plant NAME   plants a bug that the run must catch, with as many kills as it takes (names with commas between them, or "all"); exit code 0 when it was caught:
                 ${Object.keys(runPlants).join(', ')}
  --json FILE    writes {"checks":[...]}`;

/** Databases and pools grow old within an epoch, and are new again after it. */
const KILLS_PER_EPOCH = 200;
const LANES = 2;
/** Pairs of ports: an epoch that comes to rest keeps its own while others have begun. */
const PORTS = 8;

const killPromises = [
  'kills.lost',
  'kills.doubled',
  'kills.stepsTwice',
  'kills.halfTurns',
  'kills.notDurable',
  'kills.answersCut',
  'kills.oddFailures',
  'kills.stuckRuns',
  'kills.stuckWriters',
  'kills.orphans',
  'streams.bytesWrong',
  'streams.resumesWrong',
  'rest.processes',
  'rest.slots',
  'rest.pools',
  'rest.notBack',
] as const;

const ender = new AbortController();
const ending = ender.signal;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '2000' },
      cuts: { type: 'string', default: '1000' },
      histories: { type: 'string', default: '1000' },
      writers: { type: 'string', default: '16' },
      seed: { type: 'string', default: '1' },
      port: { type: 'string', default: '9300' },
      plant: { type: 'string' },
      json: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  endOnSignal();
  const asked: Asked = {
    kills: Number(values.kills),
    cuts: Number(values.cuts),
    histories: Number(values.histories),
    writers: Number(values.writers),
    seed: Number(values.seed),
    port: Number(values.port),
  };
  if (values.plant !== undefined) return await catchPlants(values.plant, asked, values.out);
  const { parts, checks } = await runAll(asked);
  if (values.json !== undefined) writeChecks(values.json, checks);
  if (values.out !== undefined)
    for (const part of parts) writeSection(values.out, part.name, renderResults(part));
  process.exitCode = checks.every(({ ok }) => ok) ? 0 : 1;
}

/** The first signal ends the run early, with the judgement of what there was until then; the second ends it at once. */
function endOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (ending.aborted) process.exit(1);
      console.log('ending early: what there is will be judged; once more ends at once');
      ender.abort();
    });
}

/** Runs with one bug planted, or with each in its turn; every one must be caught by the promise that it breaks. */
async function catchPlants(name: string, asked: Asked, out: string | undefined): Promise<void> {
  const names = name === 'all' ? Object.keys(runPlants) : name.split(',');
  const rows: PlantRow[] = [];
  for (const each of names) {
    if (ending.aborted) break;
    const plant = runPlants[each];
    if (plant === undefined) throw new Error(`no such plant: ${each}\n${help}`);
    const root = plantEdits(each, plant.edits);
    try {
      const { kills, histories } = plant;
      const { checks } = await runAll({ ...asked, kills, histories, cuts: 0 }, root);
      const broken = checks
        .filter(({ value, op }) => value > 0 && op === '<=')
        .map(({ id, value }) => ({ id, value }));
      const caught = broken.some(({ id }) => plant.breaks.includes(id as PromiseId));
      rows.push({ name: each, broken, caught, kills, histories });
      console.log(`the planted bug ${each} was ${caught ? '' : 'NOT '}caught`);
      if (out !== undefined) writePlants(out, rows);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  process.exitCode = rows.every(({ caught }) => caught) ? 0 : 1;
}

interface Outcome {
  readonly parts: readonly Part[];
  readonly checks: readonly Check[];
}

interface Part {
  readonly name: 'kills' | 'histories';
  readonly command: string;
  readonly lines: readonly string[];
  readonly checks: readonly Check[];
}

async function runAll(asked: Asked, root?: string): Promise<Outcome> {
  const outDir = mkdtempSync(join(tmpdir(), 'pilotlight-bundle-'));
  const findings = new Findings();
  const parts: Part[] = [];
  try {
    const modulePath = bundleWorker(outDir, root);
    if (asked.kills > 0) parts.push(await killPart({ ...asked, modulePath }, findings));
    if (asked.histories > 0 && !ending.aborted)
      parts.push(await historyPart({ ...asked, modulePath }, findings));
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
  const checks = parts.flatMap((part) => part.checks);
  for (const line of parts.flatMap(({ lines }) => lines)) console.log(line);
  printChecks(checks);
  return { parts, checks };
}

async function killPart(numbers: Numbers, findings: Findings): Promise<Part> {
  const startedMs = Date.now();
  const tally = emptyTally();
  await runKills(numbers, findings, tally);
  const { kills, cuts, writers, seed } = numbers;
  const checks = [
    ...checksOf(findings, killPromises),
    floorCheck('kills.count', killsOf(tally.kills), kills, 'kills'),
    floorCheck('streams.cuts', tally.cuts, cuts, 'connections cut by the client'),
  ];
  const command = `npm run chaos:runs -- --kills ${kills} --cuts ${cuts} --writers ${writers} --histories 0 --seed ${seed}`;
  return { name: 'kills', command, lines: [...sayTally(tally), sayTime(startedMs)], checks };
}

async function historyPart(numbers: Numbers, findings: Findings): Promise<Part> {
  const startedMs = Date.now();
  const tally = newHistoryTally();
  const { histories, seed } = numbers;
  await runHistories({ ...numbers, ending, findings, tally });
  const checks = [
    ...checksOf(findings, ['histories.violations', 'histories.controlsMissed']),
    floorCheck('histories.count', tally.histories, histories, 'histories'),
  ];
  const command = `npm run chaos:runs -- --kills 0 --histories ${histories} --seed ${seed}`;
  return { name: 'histories', command, lines: [sayHistories(tally), sayTime(startedMs)], checks };
}

function sayTime(sinceMs: number): string {
  const minutes = ((Date.now() - sinceMs) / 60_000).toFixed(1);
  return `${minutes} minutes on ${cpus().length} cores, node ${process.version}`;
}

interface Asked {
  readonly kills: number;
  readonly cuts: number;
  readonly histories: number;
  readonly writers: number;
  readonly seed: number;
  readonly port: number;
}

interface Numbers extends Asked {
  readonly modulePath: string;
}

/** Two epochs at a time: most of one is waiting for programs to start. */
async function runKills(numbers: Numbers, findings: Findings, tally: Tally): Promise<void> {
  const { kills, cuts, seed, port } = numbers;
  const epochs = Math.ceil(kills / KILLS_PER_EPOCH);
  const rested: Promise<void>[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < epochs && !ending.aborted) {
      const epoch = next;
      next += 1;
      const end = await runEpoch({
        ...numbers,
        kills: Math.min(KILLS_PER_EPOCH, kills - epoch * KILLS_PER_EPOCH),
        cuts: Math.ceil(cuts / epochs),
        seed: seed * 1_000 + epoch,
        port: port + 2 * (epoch % PORTS),
        ending,
        findings,
        tally,
      });
      rested.push(end.rested);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await Promise.all(rested);
}

function emptyTally(): Tally {
  return {
    kills: newTally(),
    runs: {
      accepted: 0,
      completed: 0,
      cancelled: 0,
      failures: new Map(),
      places: { inCharacter: 0, inLine: 0 },
    },
    refusals: new Map(),
    acknowledged: 0,
    retries: 0,
    cuts: 0,
    breaks: 0,
    bytes: 0,
    followers: 0,
  };
}

await main();
