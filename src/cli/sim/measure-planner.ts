// How fast the policy is: one tick over very many pools, and a month of traffic from end to end. Measures on the calling thread alone.
import { makeRng } from '../../core/base/rng.ts';
import { Warmer } from '../../core/warming/warmer.ts';
import { makeOwnPolicy } from '../../sim/replay/own-spec.ts';
import { ownTickMs } from '../../sim/replay/own-policy.ts';
import { runReplay } from '../../sim/replay/run-replay.ts';
import { drawSynthetic } from '../../sim/workload/synthetic.ts';
import { median, type Check } from '../checks.ts';
import { atMost, monthSecondsBar, plannerTickMsBar } from './compare-checks.ts';

const pools = 10_000;
const warmUpTicks = 15;
const measuredTicks = 15;
const figures = { loadSeconds: 23, wakeSeconds: 2, parkedShare: 0.1, gamma: 40 };

/** One tick: what was learned is brought up to now, and every pool gets its plan. A tenth of the pools had traffic since the last. */
export function measureTick(): Check {
  const warmer = new Warmer({ tickMs: ownTickMs, poolCount: pools, figures: () => figures });
  const rng = makeRng(1);
  const times: number[] = [];
  for (let tick = 1; tick <= warmUpTicks + measuredTicks; tick += 1) {
    for (let pool = 0; pool < pools; pool += 1) if (tick === 1 || rng() < 0.1) visit(warmer, pool, tick, rng);
    const begin = performance.now();
    warmer.tick(tick * ownTickMs, tick * pools);
    for (let pool = 0; pool < pools; pool += 1) warmer.plan(pool);
    if (tick > warmUpTicks) times.push(performance.now() - begin);
  }
  const note = `${pools.toLocaleString('en')} pools learn and are planned; worst ${Math.max(...times).toFixed(1)} ms`;
  return atMost({ id: 'planner.tickMs', value: median(times), bar: plannerTickMsBar, n: times.length, note });
}

/** Up to three requests at once within the minute that ends with the tick. */
function visit(warmer: Warmer, pool: number, tick: number, rng: () => number): void {
  const atMs = (tick - rng()) * ownTickMs;
  const count = 1 + Math.floor(rng() * 3);
  for (let busy = 1; busy <= count; busy += 1) {
    warmer.arrive(pool, Math.floor(rng() * 2000), atMs);
    warmer.load(pool, busy, atMs);
  }
  warmer.load(pool, 0, Math.min(tick * ownTickMs, atMs + 10_000));
}

const monthDays = 30;
const monthRuns = 3;

/** A month of made-up traffic with all that the policy can: forecast, parking, prewarms, guard. */
export function measureMonth(seed: number): Check {
  const workload = drawSynthetic({ seed, days: monthDays });
  const fleet = { loadMs: 23_000, wakeMs: 2000, parkedShare: 0.1, gamma: 40 };
  const times = Array.from({ length: monthRuns }, () => {
    const spec = { gamma: fleet.gamma, off: [], trust: 0 };
    const policy = makeOwnPolicy({ spec, poolCount: workload.pools.length, figures: fleet });
    const begin = performance.now();
    runReplay({ workload, figures: fleet, policy });
    return (performance.now() - begin) / 1000;
  });
  const note = `${monthDays} days, ${workload.pool.length.toLocaleString('en')} requests, with parking, one core`;
  return atMost({ id: 'sim.monthSeconds', value: median(times), bar: monthSecondsBar, n: monthRuns, note });
}
