// An account with a quota of GPUs, several places that scale by themselves and one that begins sandboxes, pools whose plans move, an agent
// that may die at any moment: what must be true of it, checked after every event. The backends and the quota are the production ones, or
// those that a planted bug was put into. Owns the scenario and the checks.
import type { HoldCommand, StartCommand } from '../../../src/backends/backend.ts';
import type { ManagedBackend } from '../../../src/backends/managed/managed-backend.ts';
import type { ManagedOptions } from '../../../src/backends/managed/managed-options.ts';
import type { ManagedLife } from '../../../src/backends/managed/managed-place.ts';
import { drawInteger, makeRng, type Rng } from '../../../src/core/base/rng.ts';
import type { GpuQuota, QuotaShare } from '../../../gpu-workers/agent/managed/gpu-quota.ts';
import { noFaults, TestPlace, type PlaceFaults } from './test-place.ts';
import { VirtualTime } from './virtual-time.ts';

export interface Parts {
  readonly ManagedBackend: new (options: ManagedOptions) => ManagedBackend;
  readonly GpuQuota: new (gpusMax: number, now: () => number) => GpuQuota;
}

export interface Tally {
  plans: number;
  redeploys: number;
  restarts: number;
  refused: number;
  buffers: number;
  sandboxes: number;
  /** Most GPUs that were held at once, by what the places were told and by containers. */
  most: number;
}

const reconcileMs = 10_000;
/** A word, its answer, and a look at what runs. */
const slackMs = 1_000;
const gpusMax = 8;
const gpusOf = [1, 1, 2] as const;
const replicasMax = 4;

interface Pool {
  readonly at: number;
  readonly gpus: number;
  readonly place: TestPlace;
  lives: readonly ManagedLife[];
  /** Replicas that the pool counts on, or has asked for. */
  replicas: StartCommand[];
  generation: number;
  plan: HoldCommand | null;
  backend: ManagedBackend | null;
}

export class ManagedWorld {
  readonly time = new VirtualTime();
  readonly violations = new Set<string>();
  readonly tally: Tally = {
    plans: 0,
    redeploys: 0,
    restarts: 0,
    refused: 0,
    buffers: 0,
    sandboxes: 0,
    most: 0,
  };
  readonly #rng: Rng;
  readonly #parts: Parts;
  readonly #pools: readonly Pool[];
  #sandboxes = 0;
  #share: QuotaShare | null = null;
  /** Counts agents: what belongs to an earlier one goes nowhere. */
  #agent = 0;
  #aliveSinceMs = Infinity;
  #isCalm = false;

  constructor(seed: number, parts: Parts) {
    this.#rng = makeRng(seed);
    this.#parts = parts;
    this.#pools = gpusOf.map((gpus, at) => ({
      at,
      gpus,
      place: new TestPlace(this.time, makeRng(seed * 31 + at)),
      lives: [],
      replicas: [],
      generation: 0,
      plan: null,
      backend: null,
    }));
  }

  async run(minutes: number): Promise<void> {
    this.#begin();
    for (const pool of this.#pools) this.#planLater(pool);
    this.#sandboxLater();
    this.#disturbLater();
    await this.#runFor(minutes * 60_000);
    await this.#comeToRest();
  }

  #runFor(ms: number): Promise<void> {
    return this.time.run(ms, () => this.#check());
  }

  /** Nobody wants anything any more, and nothing goes wrong: nothing is left. */
  async #comeToRest(): Promise<void> {
    this.#isCalm = true;
    for (const { place } of this.#pools) place.faults = noFaults;
    await this.#runFor(30_000);
    for (const pool of this.#pools) for (const each of pool.replicas.splice(0)) void this.#stop(pool, each);
    this.#sandboxes = 0;
    await this.#runFor(600_000);
    for (const { at, place } of this.#pools) {
      const { floor, buffer } = place.figures;
      if (floor + buffer + place.containers > 0)
        this.#blame(`place ${at} holds ${floor} and ${buffer}, with ${place.containers} containers, at rest`);
    }
  }

  #begin(): void {
    this.#agent += 1;
    const mine = this.#agent;
    const quota = new this.#parts.GpuQuota(gpusMax, () => this.time.nowMs);
    let isSeen = false;
    this.#share = quota.join({ used: () => this.#sandboxes, isKnown: () => isSeen });
    this.time.after(50, () => (isSeen = true));
    for (const pool of this.#pools) this.#open(pool, quota, mine);
    void Promise.all(this.#pools.map(async ({ backend }) => backend?.reconcile())).then(() => {
      if (this.#agent !== mine) return;
      this.#aliveSinceMs = this.time.nowMs;
      for (const pool of this.#pools) this.#sweepLater(pool, mine);
    });
  }

  #open(pool: Pool, quota: GpuQuota, mine: number): void {
    const share = quota.join({
      used: () => backend.used * pool.gpus,
      isKnown: () => backend.isKnown,
      makeRoom: () => void backend.makeRoom(),
    });
    // What an agent has sent reaches the place, whoever lives; what it would have done next is never done.
    const live = <T>(answer: Promise<T>): Promise<T> =>
      answer.then((value) => (this.#agent === mine ? value : new Promise<T>(() => undefined)));
    const { place } = pool;
    const backend = new this.#parts.ManagedBackend({
      version: `m${pool.at}@1`,
      place: {
        set: (target) => live(place.set(target)),
        look: () => live(place.look()),
        answers: () => live(place.answers()),
      },
      lives: { read: () => pool.lives, write: (lives) => void (pool.lives = lives) },
      containersMax: () => Math.floor(share.gpusLeft() / pool.gpus),
      sharing: share.sharing,
      buffer: null,
      idleMs: 2_000,
      now: () => this.time.nowMs,
      wait: (ms) => live(this.time.wait(ms)),
    });
    pool.backend = backend;
  }

  #sweepLater(pool: Pool, mine: number): void {
    this.time.after(reconcileMs, () => {
      if (this.#agent !== mine) return;
      void pool.backend?.reconcile().then(() => this.#sweepLater(pool, mine));
    });
  }

  /** A plan comes, and the pool does as it says; what it wants held is said again with every comparison. */
  #planLater(pool: Pool): void {
    this.time.after(drawInteger(this.#rng, 200, 8_000), () => {
      if (this.#isCalm) return;
      this.tally.plans += 1;
      const wanted = drawInteger(this.#rng, 0, replicasMax);
      pool.plan = {
        pool: `m${pool.at}@1~here`,
        version: `m${pool.at}@1`,
        order: this.time.nowMs,
        containers: drawInteger(this.#rng, 0, replicasMax + 3),
        forMs: drawInteger(this.#rng, 5_000, 150_000),
      };
      const plan = pool.plan;
      void this.#hold(pool, plan);
      // Twice, and late: maybe behind a newer one.
      if (this.#rng() < 0.3) this.time.after(this.#rng() * 9_000, () => void this.#hold(pool, plan));
      while (pool.replicas.length < wanted) void this.#start(pool);
      for (const each of pool.replicas.splice(wanted)) void this.#stop(pool, each);
      this.#planLater(pool);
    });
  }

  async #hold(pool: Pool, plan: HoldCommand): Promise<void> {
    if (this.#aliveSinceMs !== Infinity) await pool.backend?.hold(plan);
  }

  async #start(pool: Pool): Promise<void> {
    pool.generation += 1;
    const { at, generation } = pool;
    const command = {
      id: `r-${at}-${generation}`,
      generation,
      pool: `m${at}@1~here`,
      version: `m${at}@1`,
      waitMs: 1_000,
    };
    pool.replicas.push(command);
    if (this.#aliveSinceMs === Infinity) return;
    const reply = await pool.backend?.start(command);
    if (reply === undefined || reply.ok) return;
    if (reply.error.kind === 'quota') this.tally.refused += 1;
    pool.replicas = pool.replicas.filter((each) => each !== command);
    void this.#stop(pool, command);
  }

  /** Until it is heard, whichever agent lives by then. */
  async #stop(pool: Pool, command: StartCommand): Promise<void> {
    const mine = this.#agent;
    const isDead = this.#aliveSinceMs === Infinity;
    const given = this.time.wait(30_000).then(() => null);
    const reply = isDead ? null : await Promise.race([pool.backend?.stop(command), given]);
    const isGone = reply?.ok === true || (reply?.ok === false && reply.error.kind === 'not-found');
    if (reply?.ok === true && this.#agent === mine) this.#checkLowered(pool);
    if (!isGone) this.time.after(2_000, () => void this.#stop(pool, command));
  }

  /** A stop that is confirmed has lowered the floor: no more is held than there are replicas that nobody has stopped. */
  #checkLowered({ at, lives, place }: Pool): void {
    if (place.resetMs === null && place.figures.floor > lives.length)
      this.#blame(`place ${at} keeps a floor of ${place.figures.floor} for ${lives.length} replicas`);
  }

  #sandboxLater(): void {
    this.time.after(drawInteger(this.#rng, 500, 20_000), () => {
      if (this.#isCalm) return;
      const share = this.#share;
      if (this.#rng() < 0.5) this.#sandboxes = Math.max(0, this.#sandboxes - 1);
      else if (share !== null && this.#aliveSinceMs !== Infinity) {
        const isKnown = share.sharing.isKnown();
        if (isKnown && share.gpusLeft() - this.#sandboxes >= 1) {
          this.#sandboxes += 1;
          this.tally.sandboxes += 1;
        } else if (isKnown) share.sharing.tellShort();
      }
      this.#sandboxLater();
    });
  }

  /** Redeploys, lost words, refusals, and the agent's death. */
  #disturbLater(): void {
    this.time.after(drawInteger(this.#rng, 1_000, 30_000), () => {
      if (this.#isCalm) return;
      const pool = this.#pools[drawInteger(this.#rng, 0, this.#pools.length - 1)];
      const draw = this.#rng();
      if (pool !== undefined && draw < 0.5) {
        this.tally.redeploys += 1;
        pool.place.redeploy();
        this.#expectRestored(pool);
      } else if (draw < 0.85)
        this.#trouble({ lost: this.#rng() * 0.4, deaf: this.#rng() * 0.2, refused: this.#rng() * 0.2 });
      else this.#restart();
      this.#disturbLater();
    });
  }

  #trouble(faults: PlaceFaults): void {
    const place = this.#pools[drawInteger(this.#rng, 0, this.#pools.length - 1)]?.place;
    if (place === undefined) return;
    place.faults = faults;
    this.time.after(drawInteger(this.#rng, 1_000, 20_000), () => (place.faults = noFaults));
  }

  #restart(): void {
    this.tally.restarts += 1;
    this.#agent += 1;
    this.#aliveSinceMs = Infinity;
    for (const pool of this.#pools) pool.backend = null;
    // What takes the agent down often takes the way to a place with it.
    if (this.#rng() < 0.5) this.#trouble({ lost: 0.9, deaf: 0.05, refused: 0 });
    const mine = this.#agent;
    this.time.after(drawInteger(this.#rng, 1_000, 4_000), () => {
      if (this.#agent === mine) this.#begin();
    });
  }

  /** One period later the place is told, unless something went wrong meanwhile. */
  #expectRestored({ at, place }: Pool): void {
    const sinceMs = this.time.nowMs;
    this.time.after(reconcileMs + slackMs, () => {
      const wasQuiet = this.#aliveSinceMs < sinceMs && place.faultMs < sinceMs && place.faults.lost === 0;
      if (wasQuiet && place.resetMs === sinceMs) this.#blame(`place ${at} is as the redeploy has left it`);
    });
  }

  #check(): void {
    let told = this.#sandboxes;
    let running = this.#sandboxes;
    for (const { gpus, place } of this.#pools) {
      const { floor, buffer } = place.figures;
      told += (floor + buffer) * gpus;
      running += place.containers * gpus;
      if (buffer > 0) this.tally.buffers += 1;
    }
    this.tally.most = Math.max(this.tally.most, told, running);
    if (told > gpusMax) this.#blame(`floors, buffers and sandboxes come to ${told} of ${gpusMax} GPUs`);
    if (running > gpusMax) this.#blame(`containers and sandboxes have ${running} of ${gpusMax} GPUs`);
  }

  #blame(what: string): void {
    this.violations.add(`${what}, at ${this.time.nowMs} ms`);
  }
}
