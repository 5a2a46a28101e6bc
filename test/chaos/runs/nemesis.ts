// Kills one part after the other at seeded moments, while enough is under way for a kill to hurt. Owns the mix of victims and the pauses.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../../../src/core/base/rng.ts';
import { kill, type Victim } from '../killer.ts';
import type { Arena } from './arena.ts';
import type { World } from './world.ts';

/** From a return to the next kill: shorter than most runs take, longer than most steps. */
const PAUSE_MS_MIN = 30;
const PAUSE_MS_MAX = 420;
/** On a busy machine a kill waits until this many messages were answered since the last one: nothing is shown by killing what stands still. */
const NEWS_MIN = 1;
const NEWS_WAIT_MS = 5_000;
/** Fewer than this many under way, and the kill waits a moment for more. */
const UNDER_WAY_MIN = 4;
const UNDER_WAY_WAIT_MS = 1_000;
/** A client that looks whether its order was followed may hold kills up for this long. */
const TRUCE_MS_MAX = 10_000;
/** A model server to kill is there within this time, or the Worker is killed in its place. */
const VICTIM_MS_MAX = 2_000;

export interface KillTally {
  readonly kills: Record<Victim, number>;
  underWaySum: number;
  slowestBackMs: number;
  notBack: number;
}

export function newTally(): KillTally {
  return { kills: { replica: 0, agent: 0, worker: 0 }, underWaySum: 0, slowestBackMs: 0, notBack: 0 };
}

export function killsOf({ kills }: KillTally): number {
  return kills.replica + kills.agent + kills.worker;
}

export async function strike(arena: Arena, world: World, draw: Rng, tally: KillTally): Promise<void> {
  const wanted = drawVictim(draw);
  const newsMin = world.news + NEWS_MIN;
  await waitFor(() => world.news >= newsMin, NEWS_WAIT_MS);
  await sleep(PAUSE_MS_MIN + draw() * (PAUSE_MS_MAX - PAUSE_MS_MIN));
  await waitFor(() => world.underWay.size >= UNDER_WAY_MIN, UNDER_WAY_WAIT_MS);
  await waitFor(() => !world.isTruce, TRUCE_MS_MAX);
  const victim = (await killOne(arena, wanted, draw)) ? wanted : 'worker';
  if (victim !== wanted) kill(arena, 'worker', draw);
  if (victim === 'worker') world.workerKillsMs.push(Date.now());
  tally.kills[victim] += 1;
  tally.underWaySum += world.underWay.size;
  if (victim === 'replica') return;
  const backMs = await arena.back().catch(() => null);
  if (backMs === null) tally.notBack += 1;
  else tally.slowestBackMs = Math.max(tally.slowestBackMs, backMs);
}

function drawVictim(draw: Rng): Victim {
  const chance = draw();
  if (chance < 0.6) return 'worker';
  return chance < 0.9 ? 'replica' : 'agent';
}

async function killOne(arena: Arena, victim: Victim, draw: Rng): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < VICTIM_MS_MAX; waitedMs += 40) {
    if (kill(arena, victim, draw) > 0) return true;
    await sleep(40);
  }
  return false;
}

async function waitFor(isSo: () => boolean, withinMs: number): Promise<void> {
  for (let waitedMs = 0; !isSo() && waitedMs < withinMs; waitedMs += 15) await sleep(15);
}
