// Far more than the pools can do, from clients that ask again when they are refused: what is answered must stay at capacity, refusals must be
// quick, and when the storm is over all must be well by itself. And one tenant's storm must not be the others'.
import { makeCheck, quantile, type Check } from '../../../src/cli/checks.ts';
import { LagProbe } from '../load/lag-probe.ts';
import { LATE_SHARE_MAX, punctuality } from '../load/tally.ts';
import { capacityOf, serviceMs, usual, type PoolSpec } from '../models.ts';
import { plain } from '../rules.ts';
import { atLeast, atMost, type RigContext, type Scenario, type ScenarioOutcome } from '../scenario.ts';
import type { RigTenant } from '../stack/project.ts';
import { overloadPlants } from './overload-plants.ts';
import { calm, LIMIT_MS, loud, RETRIES, Storms, type Storm } from './storms.ts';

const MODEL = 'crowded';
const POOL = `${MODEL}@1`;
const ROOMY = 'roomy';
const ROOMY_POOL = `${ROOMY}@1`;
const GOODPUT_MIN = 0.9;
const REJECT_MS_MAX = 20;
const FLAT_MIN = 0.9;
const CALM_MIN = 0.95;
const ACCEPTED_MAX = 2;
const WASTED_MAX = 0.05;
const RECOVERY_S_MAX = 10;
/** Less than that of what the slots can do is no capacity to measure storms by: the gateway itself would be in the way. */
const OF_SLOTS_MIN = 0.9;
const TIMES = [2, 5, 10, 20] as const;
/** A version with no place to speak of, and one where thousands wait: see the plants. */
const LONG_QUEUE = 10_000;

/** Small, so that twenty times as much is still far from what the gateway itself can do on one core. */
const pool: PoolSpec = { ...usual, id: POOL, replicas: 2, slots: 3, queueMax: 64 };
/**
 * For calm tenants: of the small pool each has a share of less than four answers a second, and what comes at random asks for more than its
 * share for longer than anybody waits once in ten trials of twenty seconds, however fair the pool. Of this one never in two hundred.
 */
const roomy: PoolSpec = { ...usual, id: ROOMY_POOL, replicas: 4, slots: 3, queueMax: 64 };

export const overload: Scenario = {
  name: 'overload',
  about: `offered load of ${TIMES.join(', ')} times the measured capacity, clients that tell their limit of ${LIMIT_MS / 1000} s and retry ${RETRIES} times at once`,
  plants: overloadPlants,
  run,
};

async function run(context: RigContext): Promise<ScenarioOutcome> {
  const rules = [plain(MODEL, POOL), plain(ROOMY, ROOMY_POOL)];
  const tenants: readonly RigTenant[] = [loud, ...calm].map((id) => ({ id, rules }));
  const queueMax = context.has('overload') ? (pool.queueMax ?? 64) : LONG_QUEUE;
  const pools = [
    { ...pool, queueMax },
    { ...roomy, queueMax },
  ];
  const stack = await context.open({ pools, rules, tenants });
  const probe = await LagProbe.open();
  context.closing(() => probe.close());
  const facts: string[] = [];
  const say = (line: string): void => {
    context.say(line);
    facts.push(line);
  };
  const rig = new Storms({ stack, context, pool, model: MODEL, probe, say });
  const capacity = await rig.learnCapacity();
  const possible = capacityOf([pool]);
  say(
    `capacity ${capacity.toFixed(1)} good answers a second, measured; ${possible.toFixed(1)} is what ${pool.replicas} processes of ${pool.slots} slots and ${serviceMs(pool)} ms an answer could do`,
  );
  const knee = await rig.plateau(0.9);
  const storms: Storm[] = [];
  for (const times of TIMES) storms.push(await rig.plateau(times));
  const recovery = await rig.recover();
  const wide = new Storms({ stack, context, pool: roomy, model: ROOMY, probe, say });
  await wide.learnCapacity();
  const neighbour = await wide.neighbour();
  return {
    facts,
    checks: [
      atLeast('overload.ofSlots', capacity / possible, OF_SLOTS_MIN, {
        n: 1,
        note: 'measured capacity as a share of what the slots can do: what the shares below are shares of',
      }),
      ...judgeStorms(storms, capacity, knee),
      ...judgeRejects(storms, context.isQuick),
      atMost('overload.recoverySeconds', recovery.kills > 0 ? recovery.seconds : Infinity, RECOVERY_S_MAX, {
        n: recovery.n,
        note: 'from the end of the storm until 99.9 % of requests are answered in time, for good',
      }),
      atLeast('overload.neighbour', neighbour.share, CALM_MIN, {
        n: neighbour.n,
        note: 'goodput of three calm tenants beside one at 50 times its share, as a share of the same alone; the worst tenant',
      }),
      makeCheck(
        'overload.neighbourFirstText',
        neighbour.firstText,
        neighbour.n,
        'p99 of their first text beside the noisy one, as a multiple of the same alone',
      ),
    ],
  };
}

function judgeStorms(storms: readonly Storm[], capacity: number, knee: Storm): readonly Check[] {
  const shares = storms.map((storm) => storm.goodput / capacity);
  const worst = (of: (storm: Storm) => number): number => Math.max(...storms.map(of));
  const all = [knee, ...storms].flatMap(({ answers }) => answers);
  const wrong = all.filter(({ verdict }) => verdict === 'wrong').length;
  return [
    ...storms.map((storm, at) =>
      atLeast(`overload.goodput@${storm.times}x`, shares[at] ?? 0, GOODPUT_MIN, {
        n: storm.n,
        note: 'complete correct answers in time a second, as a share of the measured capacity',
      }),
    ),
    atLeast('overload.flat', Math.min(...shares) / Math.max(...shares), FLAT_MIN, {
      n: storms.length,
      note: 'smallest goodput of the storms as a share of the largest',
    }),
    atMost(
      'overload.acceptedRatio',
      worst(({ acceptedP99 }) => acceptedP99) / knee.acceptedP99,
      ACCEPTED_MAX,
      {
        n: storms.length,
        note: 'p99 of answers in a storm as a multiple of p99 at 0.9 of capacity, the worst',
      },
    ),
    atMost('overload.wasted', Math.max(...storms.map(({ wasted, calls }) => wasted / calls)), WASTED_MAX, {
      n: storms.reduce((sum, { calls }) => sum + calls, 0),
      note: 'share of what model servers were asked for of which no client got a good answer in time, the worst storm',
    }),
    atMost('overload.wrong', wrong, 0, { n: all.length, note: 'half answers that look whole, other texts' }),
    atMost('overload.generatorLate', punctuality(all).lateShare, LATE_SHARE_MAX, {
      n: all.length,
      note: 'requests that the generator sent more than 20 ms late: beyond this the run says nothing',
    }),
  ];
}

/**
 * The runtime collects its garbage every ten seconds or so, and whoever comes meanwhile waits for it: of a storm of a few seconds one such moment
 * is more than a hundredth, or nothing.
 */
function judgeRejects(storms: readonly Storm[], isQuick: boolean): readonly Check[] {
  const n = storms.reduce((sum, { rejectsMs }) => sum + rejectsMs.length, 0);
  const worst = (q: number): number => Math.max(...storms.map(({ rejectsMs }) => quantile(rejectsMs, q)));
  const note =
    'from the intended moment to the refusal, less the lag of generator and machine as measured at the same moments; the worst storm';
  if (!isQuick) return [atMost('overload.rejectMsP99', worst(0.99), REJECT_MS_MAX, { n, note })];
  return [
    atMost('overload.rejectMsP95', worst(0.95), REJECT_MS_MAX, { n, note }),
    makeCheck('overload.rejectMsP99', worst(0.99), n, `${note}; too short a storm for a bar`),
  ];
}
