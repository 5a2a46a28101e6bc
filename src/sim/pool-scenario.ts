// One seeded scenario of trouble around a pool, run to rest: load, crashes of the object, the agent and single processes, lost and
// late messages; then quiet. Returns what was violated and a trace hash.
import { drawInteger, makeRng } from '../core/base/rng.ts';
import type { PoolSettings } from '../core/pool/pool-settings.ts';
import type { FleetFaults } from './fleet.ts';
import { prewarmModes } from '../core/graph/decide-prewarm.ts';
import { PoolClients } from './pool-clients.ts';
import { farMs } from '../core/warming/pool-plan.ts';
import type { DrawnPlan } from './pool-checkers.ts';
import { PoolWorld, type PoolWorldOptions } from './pool-world.ts';

export interface ScenarioResult {
  readonly violations: readonly string[];
  readonly granted: number;
  readonly refused: number;
  readonly crashes: number;
  readonly starts: number;
  readonly calls: number;
  readonly trace: string;
}

/** Virtual time after which a world that has not come to rest is stuck. */
const restWithinMs = 40 * 60_000;
/** A bound on moments per scenario: a loop that never rests is reported instead of run for ever. */
const momentsMax = 50_000;
const troubleMs = 60_000;

export interface ScenarioOptions {
  readonly crash?: PoolWorldOptions['crash'];
  readonly sabotage?: PoolWorldOptions['sabotage'];
  readonly misread?: PoolWorldOptions['misread'];
}

/** Runs the scenario of `seed` until nothing is scheduled any more. The same seed gives the same trace. */
export function runScenario(seed: number, options: ScenarioOptions = {}): ScenarioResult {
  const draw = makeRng(seed ^ 0x5eed);
  const settings = drawSettings(draw);
  const world = new PoolWorld({
    settings,
    seed,
    faults: drawFaults(draw),
    crash: options.crash ?? { chance: draw() * 0.08 },
    sabotage: options.sabotage,
    misread: options.misread,
  });
  const clients = new PoolClients(
    world,
    {
      requests: drawInteger(draw, 1, 40),
      overMs: troubleMs,
      tenants: drawInteger(draw, 1, 4),
      holdMsMax: drawInteger(draw, 10, 15_000),
      waitMsMax: drawInteger(draw, 100, 30_000),
      vanish: draw() * 0.1,
      cancel: draw() * 0.2,
      fail: draw() * 0.05,
      sicken: draw() < 0.5 ? 0 : draw() * 0.3,
    },
    settings.slots,
  );
  scheduleTrouble(world, draw);
  const moments = runToRest(world);
  if (moments >= momentsMax) world.violations.push('never at rest: too many moments');
  world.checkAtRest();
  if (clients.open !== 0) world.violations.push(`${clients.open} requests never answered`);
  const { calls, crashes } = world;
  const trace = [
    moments,
    calls,
    crashes,
    clients.granted,
    clients.refused,
    world.fleet.starts,
    world.clock.nowMs,
  ].join('/');
  const { granted, refused } = clients;
  return {
    violations: world.violations,
    granted,
    refused,
    crashes,
    starts: world.fleet.starts,
    calls,
    trace,
  };
}

function drawSettings(draw: () => number): PoolSettings {
  return {
    pool: 'm@1~sim',
    version: 'm@1',
    place: 'sim',
    slots: drawInteger(draw, 1, 4),
    replicasMax: drawInteger(draw, 1, 4),
    floor: draw() < 0.5 ? 0 : drawInteger(draw, 1, 3),
    parking: draw() < 0.8,
    isFixed: false,
    hotIdleMs: drawInteger(draw, 0, 20_000),
    parkedIdleMs: drawInteger(draw, 1_000, 60_000),
    startTimeoutMs: drawInteger(draw, 5_000, 60_000),
    queueMax: drawInteger(draw, 1, 12),
    waitTargetMs: draw() < 0.5 ? null : drawInteger(draw, 100, 20_000),
    hotMicrosPerSecond: 200,
    parkedMicrosPerSecond: 20,
    gamma: 45,
    loadGuessMs: 4_000,
    wakeGuessMs: 500,
  };
}

function drawFaults(draw: () => number): FleetFaults {
  return {
    loseRequest: draw() * 0.1,
    loseReply: draw() * 0.1,
    startFails: draw() * 0.3,
    startHangs: draw() * 0.1,
    refusesPark: draw() < 0.1,
    delayMsMax: drawInteger(draw, 1, 2_000),
    loadMsMax: drawInteger(draw, 1, 20_000),
  };
}

function scheduleTrouble(world: PoolWorld, draw: () => number): void {
  const { clock, fleet } = world;
  for (let crash = drawInteger(draw, 0, 2); crash > 0; crash -= 1) {
    clock.after(drawInteger(draw, 0, troubleMs), () => fleet.crash());
    clock.after(drawInteger(draw, 0, troubleMs), () => fleet.recover());
  }
  for (let kill = drawInteger(draw, 0, 3); kill > 0; kill -= 1) {
    clock.after(drawInteger(draw, 0, troubleMs), () => fleet.killOne());
  }
  for (let drain = drawInteger(draw, 0, 2); drain > 0; drain -= 1) {
    clock.after(drawInteger(draw, 0, troubleMs), () => fleet.drainOne());
  }
  for (let plan = drawInteger(draw, 0, 4); plan > 0; plan -= 1) {
    const drawn = drawPlan(draw);
    const forMs = drawInteger(draw, 0, 40_000);
    clock.after(drawInteger(draw, 0, troubleMs), () => world.plan(drawn, forMs));
  }
  scheduleRuns(world, draw);
  clock.after(troubleMs, () => {
    fleet.recover();
    world.faulty = false;
    world.dropFloor();
  });
}

/** Runs that expect the pool, change their minds, come, or are lost without a word. */
function scheduleRuns(world: PoolWorld, draw: () => number): void {
  const { clock } = world;
  const modes = prewarmModes.filter((mode) => mode !== 'off');
  const graphMode = modes[drawInteger(draw, 0, modes.length - 1)] ?? 'just-in-time-p';
  for (let run = drawInteger(draw, 0, 8); run > 0; run -= 1) {
    const words = drawInteger(draw, 1, 3);
    let atMs = drawInteger(draw, 0, troubleMs);
    for (let word = 1; word <= words; word += 1) {
      const [probability, startInMs, forMs] = [
        draw(),
        drawInteger(draw, 0, 20_000),
        drawInteger(draw, 0, 30_000),
      ];
      const isBack = word === words && draw() < 0.7;
      clock.after(atMs, () => {
        const startMs = clock.nowMs + startInMs;
        const expectation = { pool: 'm@1~sim', probability, startMs, untilMs: startMs + forMs };
        const expectations = isBack ? [] : [expectation];
        world.enter((host) => host.handle({ kind: 'expect', run: `r${run}`, graphMode, expectations }));
      });
      atMs += drawInteger(draw, 0, 10_000);
    }
  }
}

function drawPlan(draw: () => number): DrawnPlan {
  const window = (): number => drawInteger(draw, 0, 20_000);
  return {
    keepHot: drawInteger(draw, 0, 4),
    warmTo: drawInteger(draw, 0, 4),
    keepParked: drawInteger(draw, 0, 4),
    parkTo: drawInteger(draw, 0, 4),
    hotMinMs: window(),
    hotMaxMs: draw() < 0.5 ? farMs : 2 * window(),
    parkedMinMs: window(),
    parkedMaxMs: draw() < 0.5 ? farMs : 2 * window(),
  };
}

function runToRest(world: PoolWorld): number {
  const untilMs = world.clock.nowMs + restWithinMs;
  let moments = 0;
  while (moments < momentsMax && world.clock.nowMs < untilMs && world.clock.step()) moments += 1;
  return moments;
}
