// `npm run chaos:smoke`: seeded SIGKILLs of model processes, the agent and the Worker under load, on the real development program. No
// acknowledged session message may be lost or doubled, no model process may be left over, and the service must come back by itself.
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { makeRng } from '../../src/core/base/rng.ts';
import { printChecks, writeChecks, type Check } from '../../src/cli/checks.ts';
import { askFrance, chat, eventually, listModelProcesses, startStack, type Stack } from '../support/stack.ts';
import { kill, type Victim } from './killer.ts';
import { plantBug, plants } from './plants.ts';
import { judgeRest, readPools } from './rest.ts';
import { SessionWriter } from './writers.ts';

const help = `npm run chaos:smoke -- [--kills N] [--seed N] [--plant NAME] [--json FILE]

  --kills N     kills in all, a third each of replicas, agent and Worker (default 200)
  --seed N      which kills when (default 1)
  --plant NAME  plants a bug that the run must catch: ${Object.keys(plants).join(', ')}; exit code 0 when it was caught
  --json FILE   writes {"checks":[...]}`;

const writersCount = 4;
const backWithinMs = 30_000;
const windows = { PILOTLIGHT_HOT_IDLE_MS: '700', PILOTLIGHT_PARKED_IDLE_MS: '700' };

interface Findings {
  readonly kills: Record<Victim, number>;
  readonly strays: string[];
  notBack: number;
  slowestBackMs: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      plant: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const root = values.plant === undefined ? undefined : plantBug(values.plant);
  const stack = await startStack({ env: windows, ...(root === undefined ? {} : { root }) });
  let checks: readonly Check[];
  try {
    checks = await runChaos(stack, Number(values.kills), Number(values.seed));
  } finally {
    await stack.stop();
    if (root !== undefined) rmSync(root, { recursive: true, force: true });
  }
  printChecks(checks);
  if (values.json !== undefined) writeChecks(values.json, checks);
  const held = checks.every(({ ok }) => ok);
  if (values.plant !== undefined)
    console.log(
      held ? `the planted bug ${values.plant} was NOT caught` : `the planted bug ${values.plant} was caught`,
    );
  process.exitCode = held === (values.plant === undefined) ? 0 : 1;
}

async function runChaos(stack: Stack, kills: number, seed: number): Promise<readonly Check[]> {
  const draw = makeRng(seed);
  const writers = Array.from(
    { length: writersCount },
    (_, index) => new SessionWriter(stack, `w${index + 1}`),
  );
  const findings: Findings = {
    kills: { replica: 0, agent: 0, worker: 0 },
    strays: [],
    notBack: 0,
    slowestBackMs: 0,
  };
  const running = writers.map((writer) => writer.run());
  for (let number = 1; number <= kills; number += 1) {
    const victim = (['replica', 'agent', 'worker'] as const)[number % 3] ?? 'replica';
    await strike(stack, victim, draw, findings);
    if (number % 10 === 0)
      console.log(`${number} of ${kills} kills, slowest return ${findings.slowestBackMs} ms`);
  }
  for (const writer of writers) writer.stop();
  await Promise.all(running);
  return judge(stack, writers, findings);
}

async function strike(stack: Stack, victim: Victim, draw: () => number, findings: Findings): Promise<void> {
  // Now and then everything goes to zero first, so that kills also fall into cold starts.
  await sleep(draw() < 0.3 ? 1_800 : draw() * 300);
  // A pool that nobody else asks stays as the kill left it: what was begun and not written down shows.
  const model = victim === 'worker' && draw() < 0.6 ? 'assistant-solo' : 'assistant';
  const started = chat(stack, { ...askFrance, model, stream: true }).catch(() => null);
  await sleep(draw() * 400);
  if (kill(stack, victim, draw) > 0) findings.kills[victim] += 1;
  await started;
  const sinceMs = Date.now();
  const back = await eventually('the service answers', backWithinMs, async () => answers(stack)).catch(
    () => false,
  );
  if (!back) findings.notBack += 1;
  findings.slowestBackMs = Math.max(findings.slowestBackMs, Date.now() - sinceMs);
  if (victim === 'worker') findings.strays.push(...(await findStrays(stack)));
}

async function answers(stack: Stack): Promise<boolean> {
  const reply = await fetch(`${stack.url}/healthz`, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
  return reply?.status === 200;
}

/** Processes without a row: a replica that was started before it was written down. */
async function findStrays(stack: Stack): Promise<readonly string[]> {
  const before = listModelProcesses(stack);
  const pools = await readPools(stack);
  const rows = new Set(
    pools.pools.flatMap(({ replicas }) => replicas.map(({ id, generation }) => `${id}:${generation}`)),
  );
  const still = new Set(listModelProcesses(stack).map(({ replica }) => replica));
  return before.flatMap(({ replica }) => (rows.has(replica) || !still.has(replica) ? [] : [replica]));
}

async function judge(
  stack: Stack,
  writers: readonly SessionWriter[],
  findings: Findings,
): Promise<readonly Check[]> {
  const { processesLeft: left, pools, unsound, awake } = await judgeRest(stack);
  const broken = (await Promise.all(writers.map((writer) => writer.check()))).flat();
  const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0);
  const retries = writers.reduce((sum, writer) => sum + writer.retries, 0);
  const refusals = new Map<string, number>();
  for (const writer of writers)
    for (const [code, count] of writer.refusals) refusals.set(code, (refusals.get(code) ?? 0) + count);
  console.log(`refusals: ${[...refusals].map(([code, count]) => `${code} ${count}`).join(', ')}`);
  const stuck = writers.filter((writer) => writer.stuck).length;
  for (const line of [...broken, ...findings.strays].slice(0, 20)) console.log(line);
  const { replica, agent, worker } = findings.kills;
  const zero = (id: string, value: number, n: number, note: string): Check => ({
    id,
    value,
    bar: 0,
    op: '<=',
    ok: value <= 0,
    n,
    note,
  });
  const bound =
    acknowledged === 0
      ? 'nothing acknowledged'
      : `0 of n bounds the rate at ${(300 / acknowledged).toFixed(2)} % (95 %)`;
  return [
    zero(
      'sessions.lostOrDoubled',
      broken.length,
      acknowledged,
      `acknowledged messages, ${retries} retries; ${bound}`,
    ),
    zero('sessions.stuck', stuck, writers.length, 'writers that were never acknowledged again'),
    zero('processes.leftOver', left, replica + agent + worker, 'model processes after the windows'),
    zero(
      'processes.withoutRow',
      findings.strays.length,
      worker,
      'processes that no row speaks of after the Worker came back',
    ),
    zero(
      'service.notBack',
      findings.notBack,
      replica + agent + worker,
      `kills: ${replica} replicas, ${agent} agents, ${worker} Workers; slowest return ${findings.slowestBackMs} ms`,
    ),
    zero('pools.unsound', unsound, pools, 'pools whose busy + idle + loading + parked is not their lifetime'),
    zero('pools.awake', awake, pools, 'pools that still have an alarm at the end'),
    {
      id: 'sessions.acknowledged',
      value: acknowledged,
      bar: 1,
      op: '>=',
      ok: acknowledged >= 1,
      n: writers.length,
      note: 'messages',
    },
  ];
}

await main();
