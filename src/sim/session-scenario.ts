// One seeded scenario of trouble around a session, run to rest: messages in copies, cancels, cuts, followers, sleep, crashes at every
// port call; then quiet. Returns what was violated and a trace.
import { drawInteger, makeRng } from '../core/base/rng.ts';
import type { Rng } from '../core/base/rng.ts';
import { LARGE_VOCABULARY } from '../core/session/estimate-tokens.ts';
import type { TurnRoute } from '../core/session/session-events.ts';
import type { BusyPolicy } from '../core/session/session-state.ts';
import { SessionClients } from './session-clients.ts';
import type { ClientBugs } from './session-clients.ts';
import { SocketFollower, StreamFollower } from './session-followers.ts';
import type { FollowerBugs } from './session-followers.ts';
import { SessionWorld } from './session-world.ts';
import type { SessionWorldOptions } from './session-world.ts';

export interface SessionResult {
  readonly violations: readonly string[];
  readonly crashes: number;
  readonly calls: number;
  readonly answered: number;
  readonly refused: number;
  readonly events: number;
  readonly trace: string;
}

export interface SessionScenarioOptions {
  readonly crash?: SessionWorldOptions['crash'];
  readonly sabotage?: SessionWorldOptions['sabotage'];
  readonly clients?: ClientBugs;
  readonly followers?: FollowerBugs;
}

const troubleMs = 4_000;
/** Copies of a message come this much later at most. */
const copiesMs = 200;
/** Virtual time after which a world that has not come to rest is stuck: longer than a turn's deadline and its watch. */
const restWithinMs = 900_000;
const momentsMax = 60_000;

/** Microtasks between two moments: what does not come to its next wait within them goes on in the next gap, in the same order always. */
const microtasks = 12;

/** Runs the scenario of `seed`. The same seed gives the same trace. */
export async function runSessionScenario(
  seed: number,
  options: SessionScenarioOptions = {},
): Promise<SessionResult> {
  const draw = makeRng(seed ^ 0x5e55);
  const world = new SessionWorld(drawOptions(draw, seed, options));
  const clients = new SessionClients(world, options.clients);
  const followers = scheduleFollowers(world, draw, options.followers);
  scheduleClients(world, clients, draw);
  world.clock.after(troubleMs, () => {
    world.faulty = false;
  });
  const untilMs = world.clock.nowMs + troubleMs + copiesMs;
  const isDone = (): boolean => world.clock.nowMs > untilMs && clients.open.size === 0 && isAtRest(world);
  const moments = await runUntil(world, isDone);
  // Whoever is still connected comes to the end of the stream, which moves no more.
  for (const follower of followers) follower.connect();
  await runFor(world, 12_000);
  checkEnd(world, clients, followers);
  const { calls, crashes } = world;
  const events = world.store.rows().events.length;
  const { answered, refused } = clients;
  const trace = [moments, calls, crashes, answered, refused, events, world.clock.nowMs].join('/');
  return {
    violations: [...world.violations, ...world.models.violations],
    crashes,
    calls,
    answered,
    refused,
    events,
    trace,
  };
}

function drawOptions(draw: Rng, seed: number, options: SessionScenarioOptions): SessionWorldOptions {
  const policies: readonly BusyPolicy[] = ['queue', 'queue', 'reject', 'supersede'];
  const terms = { version: 'm@1', contextTokensMax: 200, gauge: LARGE_VOCABULARY };
  const route: TurnRoute =
    draw() < 0.35
      ? { kind: 'function', function: 'agent', ...terms }
      : { kind: 'model', pool: 'p', ...terms };
  return {
    seed,
    route,
    session: {
      id: 'sess_1',
      tenant: 'demo',
      model: 'm',
      metadata: {},
      policy: policies[drawInteger(draw, 0, 3)] ?? 'queue',
      ttlMs: 86_400_000,
      instructions: null,
      summaries: draw() < 0.3 ? 'extract' : 'off',
      origin: null,
      filling: false,
    },
    faults: {
      fails: draw() * 0.2,
      hangs: draw() < 0.15 ? 0.15 : 0,
      segments: draw() < 0.3 ? 0.1 : 0,
      piecesMax: drawInteger(draw, 1, 16),
      pieceMsMax: drawInteger(draw, 1, 60),
    },
    crash: options.crash ?? { chance: draw() * 0.05 },
    sabotage: options.sabotage,
  };
}

type Follower = StreamFollower | SocketFollower;

function scheduleFollowers(world: SessionWorld, draw: Rng, bugs: FollowerBugs | undefined): Follower[] {
  const followers: Follower[] = [];
  for (let count = drawInteger(draw, 0, 2); count > 0; count -= 1) {
    const isSocket = draw() < 0.5;
    world.clock.after(drawInteger(draw, 0, troubleMs), () => {
      const tail = world.store.load()?.tail.eventSeq ?? 0;
      const after = drawInteger(draw, 0, tail);
      followers.push(
        isSocket ? new SocketFollower(world, after, bugs) : new StreamFollower(world, after, bugs),
      );
    });
  }
  for (let count = drawInteger(draw, 1, 4); count > 0; count -= 1) {
    world.clock.after(drawInteger(draw, 0, troubleMs), () => {
      for (const follower of followers) if (follower instanceof SocketFollower) follower.connect();
    });
    world.clock.after(drawInteger(draw, 0, 2 * troubleMs), () => world.sleep());
  }
  return followers;
}

function scheduleClients(world: SessionWorld, clients: SessionClients, draw: Rng): void {
  for (let number = drawInteger(draw, 1, 7); number > 0; number -= 1) {
    const key = `k${number}`;
    const atMs = drawInteger(draw, 0, troubleMs);
    const expects = draw() < 0.15;
    for (let copies = draw() < 0.3 ? drawInteger(draw, 2, 4) : 1; copies > 0; copies -= 1) {
      const stream = draw() < 0.5;
      world.clock.after(atMs + (draw() < 0.5 ? 0 : drawInteger(draw, 0, copiesMs)), () =>
        clients.send(key, stream, expects),
      );
    }
  }
  if (draw() < 0.3) world.clock.after(drawInteger(draw, 0, troubleMs), () => clients.sendOnce('no key'));
  for (let reads = drawInteger(draw, 0, 4); reads > 0; reads -= 1) {
    world.clock.after(drawInteger(draw, 0, 2 * troubleMs), () => clients.read());
  }
  for (let cancels = drawInteger(draw, 0, 2); cancels > 0; cancels -= 1) {
    const back = drawInteger(draw, 1, 3);
    world.clock.after(drawInteger(draw, 0, troubleMs), () => {
      const turn = [...(world.store.load()?.turns.keys() ?? [])].at(-back);
      if (turn !== undefined) clients.cancel(turn);
    });
  }
  if (draw() < 0.2) {
    const keep = drawInteger(draw, 0, 5);
    world.clock.after(drawInteger(draw, 0, troubleMs), () => clients.truncate(keep));
  }
}

function isAtRest(world: SessionWorld): boolean {
  const state = world.store.load();
  if (state === null || state.running !== null || state.waiting.length > 0) return false;
  // A run that is to be cancelled is not at rest either.
  return state.stops.size === 0;
}

function checkEnd(world: SessionWorld, clients: SessionClients, followers: readonly Follower[]): void {
  const { violations } = world;
  world.checkRows();
  clients.read();
  clients.check();
  const state = world.store.load();
  if (state === null || !isAtRest(world)) violations.push('never at rest');
  for (const key of clients.open) violations.push(`${key} is never answered`);
  const tail = state?.tail.eventSeq ?? 0;
  for (const { lastSeq } of followers) {
    if (lastSeq !== tail) violations.push(`a follower stays at ${lastSeq}, the stream ends at ${tail}`);
  }
  for (const run of world.models.orphans()) violations.push(`orphan: ${run} goes on for nobody`);
  for (const { fact } of world.store.rows().events) {
    if (fact.kind === 'failed' && fact.failure.kind === 'bad-reply')
      violations.push(`an honest answer of ${fact.turn} is refused`);
    if (fact.kind === 'failed' && fact.failure.kind === 'internal') violations.push(`a bug in ${fact.turn}`);
  }
}

async function runUntil(world: SessionWorld, isDone: () => boolean): Promise<number> {
  const untilMs = world.clock.nowMs + restWithinMs;
  let moments = 0;
  while (moments < momentsMax && world.clock.nowMs < untilMs && !isDone()) {
    // A life that ended between its rows and its alarm is woken by whoever comes next.
    if (!world.clock.step()) world.enter(() => {});
    moments += 1;
    await settle();
  }
  if (moments >= momentsMax) world.violations.push('never at rest: too many moments');
  return moments;
}

async function runFor(world: SessionWorld, ms: number): Promise<void> {
  const untilMs = world.clock.nowMs + ms;
  await settle();
  while (world.clock.nowMs < untilMs && world.clock.step()) await settle();
}

const nothing = Promise.resolve();

async function settle(): Promise<void> {
  for (let turn = 0; turn < microtasks; turn += 1) await nothing;
}
