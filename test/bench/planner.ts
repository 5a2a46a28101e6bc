// `npm run bench:planner`: what a tick of the planner costs for ten thousand pools, what memory their levels take, and how long a month
// of traffic takes in the simulator.
import { parseArgs } from 'node:util';
import { printChecks, writeChecks, type Check } from '../../src/cli/checks.ts';
import { measureMonth, measureTick } from '../../src/cli/sim/measure-planner.ts';
import { Warmer } from '../../src/core/warming/warmer.ts';

const help = `npm run bench:planner -- [--json FILE]

Measures on one core, in this process, without network:
  planner.tickMs          one tick over 10,000 pools, each learned from and planned for (bar 50 ms)
  planner.bytesPerLevel   memory of 10,000 pools with four levels each, per level (bar 2,048 bytes)
  sim.monthSeconds        thirty days of made-up traffic with the full policy (bar 2 s)

  --json FILE   also write the checks as JSON`;

const { values } = parseArgs({ options: { help: { type: 'boolean' }, json: { type: 'string' } } });
if (values.help === true) console.log(help);
else {
  const checks = [measureTick(), measureMemory(), measureMonth(1)];
  printChecks(checks);
  if (values.json !== undefined) writeChecks(values.json, checks);
}

/** Heap and array buffers before and after, garbage apart where Node was started with --expose-gc. */
function measureMemory(): Check {
  const pools = 10_000;
  const levels = 4;
  const before = usedBytes();
  const figures = { loadSeconds: 23, wakeSeconds: 2, parkedShare: 0.1, gamma: 40 };
  const warmer = new Warmer({ tickMs: 60_000, poolCount: pools, figures: () => figures });
  for (let pool = 0; pool < pools; pool += 1) {
    for (let level = 1; level <= levels; level += 1) {
      warmer.arrive(pool, pool % 2_000, 1_000 + level);
      warmer.load(pool, level, 1_000 + level);
    }
    warmer.load(pool, 0, 20_000);
  }
  warmer.tick(60_000, 0);
  const bytes = (usedBytes() - before) / (pools * levels);
  const note = `${pools.toLocaleString('en')} pools of ${levels} levels, everything that is remembered of them`;
  return {
    id: 'planner.bytesPerLevel',
    value: Math.round(bytes),
    bar: 2_048,
    op: '<=',
    ok: bytes <= 2_048,
    n: pools * levels,
    note,
  };
}

function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
