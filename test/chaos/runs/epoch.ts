// One epoch: a fresh state directory, writers at work, a number of kills, and the judgement of all that was written. Directories are changed
// now and then, so that every run of the command also begins from nothing, grows, and ends at rest.
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRng } from '../../../src/core/base/rng.ts';
import { judgeRest } from '../rest.ts';
import { Arena } from './arena.ts';
import { CancelWriter } from './cancel-writer.ts';
import { EffectServer } from './effect-server.ts';
import type { Findings } from './findings.ts';
import { judgeRuns, type RunTally } from './judge-runs.ts';
import { judgeSession } from './judge-sessions.ts';
import { chaosModels } from './models.ts';
import { killsOf, strike, type KillTally } from './nemesis.ts';
import { RunWriter } from './run-writer.ts';
import { SessionWriter } from './session-writer.ts';
import { World } from './world.ts';

export interface EpochWish {
  readonly modulePath: string;
  readonly kills: number;
  readonly cuts: number;
  readonly seed: number;
  readonly writers: number;
  readonly port: number;
  /** Fires when the epoch is to come to its judgement before all its kills. */
  readonly ending: AbortSignal;
  readonly findings: Findings;
  readonly tally: Tally;
}

export interface Tally {
  readonly kills: KillTally;
  readonly runs: RunTally;
  readonly refusals: Map<string, number>;
  acknowledged: number;
  retries: number;
  cuts: number;
  breaks: number;
  bytes: number;
  followers: number;
}

/** Cuts that the kills have not left time for are made after them, for this long at most. */
const CUTS_MS_MAX = 120_000;
/** A kill may lose the word that a run will not come to a pool, which then waits for it as long as it was told to. */
const REST_MS_MAX = 150_000;
const PROGRESS_KILLS = 25;

interface Writers {
  readonly sessions: readonly SessionWriter[];
  readonly runs: readonly RunWriter[];
  readonly cancel: CancelWriter;
}

/** `rested` resolves when what is left behind has been judged too: the next epoch may begin before, on other ports. */
export interface EpochEnd {
  readonly rested: Promise<void>;
}

export async function runEpoch(wish: EpochWish): Promise<EpochEnd> {
  const { modulePath, port, seed, findings, tally } = wish;
  const arena = await Arena.open({
    modulePath,
    models: chaosModels,
    port,
    agentPort: port + 1,
    vars: {},
  });
  let made = 0;
  const effects = await EffectServer.open(makeRng(seed + 1));
  try {
    const agent = { url: arena.agentUrl, token: arena.agentToken };
    const world = new World({ place: arena, agent, effects, seed });
    const writers = makeWriters(world, wish);
    const working = [...writers.sessions, ...writers.runs, writers.cancel].map((writer) => writer.run());
    made = await killAndCut(arena, world, wish);
    world.isStopped = true;
    world.cuts.isOn = false;
    await Promise.all(working);
    await arena.back();
    for (const writer of writers.sessions)
      await judgeSession(arena, writer, { findings, places: tally.runs.places });
    await judgeRuns(world, findings, tally.runs);
    sumUp(world, writers, wish);
  } catch (cause) {
    await arena.close();
    throw cause;
  } finally {
    effects.close();
  }
  return { rested: judgeEnd(arena, made, wish).finally(() => arena.close()) };
}

/** One in sixteen gives up what it began, five start runs, four write to sessions over functions, six to sessions over a model. */
function makeWriters(world: World, { writers }: EpochWish): Writers {
  const others = Math.max(2, writers - 1);
  const runs = Math.max(1, Math.round(others / 3));
  const overFunctions = Math.round((others - runs) * 0.4);
  return {
    cancel: new CancelWriter(world),
    runs: Array.from({ length: runs }, (_, at) => new RunWriter(world, `r${at + 1}`)),
    sessions: Array.from({ length: others - runs }, (_, at) =>
      at < overFunctions
        ? new SessionWriter(world, `f${at + 1}`, 'function:probe-talk')
        : new SessionWriter(world, `s${at + 1}`, 'chaos-plain'),
    ),
  };
}

/** Gives how many kills were made. */
async function killAndCut(arena: Arena, world: World, wish: EpochWish): Promise<number> {
  const { kills, cuts, tally, seed, ending } = wish;
  const draw = makeRng(seed);
  await sleep(500);
  let made = 0;
  while (made < kills && !ending.aborted) {
    await strike(arena, world, draw, tally.kills);
    made += 1;
    if (made % PROGRESS_KILLS === 0) console.log(progressOf(world, tally));
  }
  const untilMs = Date.now() + CUTS_MS_MAX;
  while (world.cuts.made < cuts && !ending.aborted && Date.now() < untilMs) await sleep(100);
  return made;
}

function progressOf(world: World, tally: Tally): string {
  const kills = killsOf(tally.kills);
  const { slowestBackMs } = tally.kills;
  const cuts = tally.cuts + world.cuts.made;
  const runs = tally.runs.accepted + world.runs.size;
  return `${new Date().toISOString().slice(11, 19)}  ${kills} kills, ${runs} runs, ${cuts} cuts, ${world.underWay.size} under way, slowest return ${slowestBackMs} ms`;
}

function sumUp(world: World, writers: Writers, { findings, tally }: EpochWish): void {
  const { sessions, runs, cancel } = writers;
  for (const [code, count] of world.refusals)
    tally.refusals.set(code, (tally.refusals.get(code) ?? 0) + count);
  findings.looked('kills.stuckWriters', sessions.length + runs.length + 1);
  const stuck = [...sessions, ...runs, cancel].reduce((sum, writer) => sum + writer.stuck, 0);
  for (let at = 0; at < stuck; at += 1)
    findings.broken('kills.stuckWriters', 'a writer was not answered again');
  for (const line of runs.flatMap(({ doubled }) => doubled)) findings.broken('kills.doubled', line);
  findings.looked('kills.orphans', cancel.looks);
  for (const line of cancel.orphans) findings.broken('kills.orphans', line);
  const followers = [
    ...sessions.map(({ follower }) => follower),
    ...[...world.runs.values()].map(({ follower }) => follower),
  ].filter((follower) => follower !== null);
  tally.followers += followers.length;
  for (const follower of followers) {
    // One of a run that never ended would look for its last word for ever.
    follower.stop();
    tally.breaks += follower.breaks;
    tally.bytes += follower.bytes;
  }
  tally.cuts += world.cuts.made;
  for (const { acknowledged, retries } of sessions) {
    tally.acknowledged += acknowledged.length;
    tally.retries += retries;
  }
}

async function judgeEnd(arena: Arena, kills: number, { findings, tally }: EpochWish): Promise<void> {
  const rest = await judgeRest(arena, REST_MS_MAX);
  findings.looked('rest.processes', kills);
  findings.looked('rest.slots', kills);
  findings.looked('rest.pools', rest.pools);
  findings.looked('rest.notBack', kills);
  for (let at = 0; at < rest.processesLeft; at += 1)
    findings.broken('rest.processes', 'a model process is left over');
  for (let at = 0; at < rest.slotsHeld; at += 1) findings.broken('rest.slots', 'a slot is held by nobody');
  for (let at = 0; at < rest.unsound; at += 1)
    findings.broken('rest.pools', 'the life of a pool does not add up');
  for (const line of rest.why) findings.broken('rest.pools', line);
  for (; tally.kills.notBack > 0; tally.kills.notBack -= 1)
    findings.broken('rest.notBack', 'the service did not come back');
}
