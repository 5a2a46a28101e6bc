// One pool with one, two, four and eight replicas of equal slots under a load that keeps every slot busy: throughput must grow with them.
import { makeCheck } from '../../../src/cli/checks.ts';
import type { Ask } from '../load/ask.ts';
import { runClosedLoop } from '../load/closed-loop.ts';
import { boundOf, countVerdicts, percent } from '../load/tally.ts';
import { poolsOf, serviceMs, usual, type PoolSpec } from '../models.ts';
import { atLeast, atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import { CpuMeter, MachineMeter } from '../stack/cpu.ts';
import type { RigStack } from '../stack/stack.ts';

const LINEARITY_MIN = 0.95;
/** More clients than slots, so that a slot that becomes free is taken at once. */
const CLIENTS_PER_SLOT = 2;
/** The runtime runs the Worker on one thread: with so much of a core it has no more to give. */
const CORE_FULL = 0.85;

export const scale: Scenario = {
  name: 'scale',
  about: 'pools of 1 to 8 replicas of 5 slots under closed-loop load of twice their slots',
  plants: {
    /** Only two replicas of a pool are ever given requests. */
    'two-replicas': {
      edits: [
        {
          file: 'src/core/pool/choose-grant.ts',
          find: 'if (!hasRoom(scene, replica) || ',
          replace: 'if (!hasRoom(scene, replica) || [...scene.replicas.keys()].indexOf(replica.id) > 1 || ',
        },
      ],
      breaks: ['scale.linearity'],
    },
  },
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const counts = context.isQuick ? [1, 4, 8] : [1, 2, 3, 4, 5, 6, 7, 8];
  const pools = counts.flatMap((replicas) =>
    poolsOf([`of-${replicas}@1`], Object.assign({ replicas }, usual)),
  );
  const stack = await context.open({ pools });
  const points: Point[] = [];
  for (const pool of pools) {
    const point = await measure(stack, pool, context.isQuick ? 6_000 : 20_000);
    context.say(sayPoint(point));
    points.push(point);
  }
  const one = points[0]?.perSecond ?? 0;
  const shares = points.map(({ replicas, perSecond }) => perSecond / (replicas * one));
  const ofSlots = points.map(({ perSecond, possible }) => perSecond / possible);
  const asked = points.reduce((sum, { answers }) => sum + answers, 0);
  const bad = points.reduce((sum, each) => sum + each.bad, 0);
  const n = points.length;
  const busiest = Math.max(...points.map(({ gatewayCore }) => gatewayCore));
  const words = `the gateway's core was ${busiest < CORE_FULL ? 'not ' : ''}the limit: ${percent(busiest)} of it were used at most; the whole machine was busy to ${percent(Math.max(...points.map(({ machine }) => machine)))} at most`;
  context.say(words);
  return {
    facts: [...points.map(sayPoint), words],
    checks: [
      atLeast('scale.linearity', Math.min(...shares), LINEARITY_MIN, {
        n,
        note: `throughput of n replicas as a share of n times that of one, the smallest of ${counts.join(', ')}`,
      }),
      makeCheck('scale.gatewayCore', busiest, n, 'of the one core that a runtime process can use, the most'),
      atLeast('scale.ofSlots', Math.min(...ofSlots), 0.9, {
        n,
        note: 'throughput as a share of what the slots can do, the smallest',
      }),
      atMost('scale.bad', bad, 0, {
        n: asked,
        note: `requests without a complete correct answer; ${boundOf(bad, asked)}`,
      }),
    ],
  };
}

interface Point {
  readonly replicas: number;
  readonly perSecond: number;
  readonly possible: number;
  readonly answers: number;
  readonly bad: number;
  readonly gatewayCore: number;
  readonly rigCore: number;
  /** Of all cores together. */
  readonly machine: number;
}

async function measure(stack: RigStack, pool: PoolSpec, durationMs: number): Promise<Point> {
  const { replicas, slots } = pool;
  const ask = (index: number): Ask => ({
    model: pool.id,
    key: stack.key,
    prompt: `${pool.id} ${index}`,
    stream: index % 2 === 0,
    tokens: pool.tokens,
    limitMs: 20_000,
  });
  const [gateway, rig] = [new CpuMeter(stack.workerPid), new CpuMeter(process.pid)];
  const machine = new MachineMeter();
  const clients = replicas * slots * CLIENTS_PER_SLOT;
  const { answers, perSecond } = await runClosedLoop({
    port: stack.port,
    clients,
    durationMs,
    warmUpMs: 1_500,
    ask,
  });
  const possible = (replicas * slots * 1_000) / serviceMs(pool);
  const bad = answers.length - countVerdicts(answers).ok;
  return {
    replicas,
    perSecond,
    possible,
    answers: answers.length,
    bad,
    gatewayCore: gateway.share(),
    rigCore: rig.share(),
    machine: machine.share(),
  };
}

function sayPoint({ replicas, perSecond, possible, gatewayCore, rigCore, machine }: Point): string {
  const cores = `gateway ${(gatewayCore * 100).toFixed(0)} % of a core, load ${(rigCore * 100).toFixed(0)} %, whole machine ${(machine * 100).toFixed(0)} %`;
  return `${replicas} replicas: ${perSecond.toFixed(1)} answers/s of ${possible.toFixed(1)} that the slots can do; ${cores}`;
}
