// The backend contract over a place that scales by itself: a replica is a share of its floor. Owns the lives and when the place is told;
// what it is told is plan-target.ts, how is a ManagedPlace. Knows nothing of one provider, and runs in the agent and at the edge alike.
import { err, ok, type Result } from '../../core/base/result.ts';
import type {
  BackendCapacity,
  BackendError,
  BackendReply,
  ReplicaRef,
  ReplicaReport,
  StartCommand,
} from '../backend.ts';
import { LifeOrder } from '../life-order.ts';
import { HoldBook } from './hold-book.ts';
import type { Hold, ManagedLife, PlaceSight, PlaceTarget } from './managed-place.ts';
import { bufferOf, countShares, hasContainer, isLowered, planTarget } from './plan-target.ts';
import type { ManagedOptions } from './managed-options.ts';
import { inDoubt, mayBeHeard, ToldPlace } from './told-place.ts';

const lookEveryMsDefault = 500;
/** The caller of a stop waits for 25 seconds. */
const lowerWithinMs = 15_000;
const quotaRetryMs = 2_000;
/** Machines come free within seconds to minutes. */
const shortageRetryMs = 5_000;

export class ManagedBackend {
  readonly #options: ManagedOptions;
  readonly #order = new LifeOrder();
  #lives: readonly ManagedLife[];
  readonly #holds = new HoldBook();
  readonly #told: ToldPlace;

  constructor(options: ManagedOptions) {
    this.#options = options;
    this.#lives = options.lives.read();
    this.#told = new ToldPlace(options.place, () => this.#target(), countShares(this.#lives));
  }

  async start(command: StartCommand): BackendReply<ReplicaReport> {
    const untilMs = this.#options.now() + command.waitMs;
    const begun = await this.#order.inTurn(command.id, () => this.#begin(command));
    if (!begun.ok) return begun;
    for (;;) {
      const seen = await this.#look();
      if (!seen.ok) return seen;
      const life = this.#lives.find(({ id }) => id === command.id);
      if (life === undefined || life.generation !== command.generation)
        return err({ kind: 'not-found', message: `replica ${command.id} was stopped` });
      const report = this.#reportOf(life, seen.value);
      if (this.#isShort(life, seen.value)) return this.#giveUp(life, seen.value);
      const leftMs = untilMs - this.#options.now();
      if (report.condition !== 'loading' || leftMs <= 0) return ok(report);
      await this.#options.wait(Math.min(this.#lookEveryMs, leftMs));
    }
  }

  /** Nothing is given up on command but the floor itself. */
  async park(ref: ReplicaRef): BackendReply<ReplicaReport> {
    const life = this.#find(ref);
    if (!life.ok) return life;
    return err({ kind: 'unsupported', message: 'a place that scales by itself has no parking' });
  }

  wake(ref: ReplicaRef): BackendReply<ReplicaReport> {
    return this.#tell(ref);
  }

  /** A request may run on any container of the place, so that none is told to refuse them. */
  drain(ref: ReplicaRef): BackendReply<ReplicaReport> {
    return this.#tell(ref);
  }

  async stop(ref: ReplicaRef): BackendReply<null> {
    this.#order.end(ref);
    return this.#order.inTurn(ref.id, () => this.#end(ref));
  }

  async list(pool: string | null): BackendReply<readonly ReplicaReport[]> {
    const mine = this.#lives.filter((life) => pool === null || life.pool === pool);
    if (mine.length === 0) return ok([]);
    const seen = await this.#look();
    if (!seen.ok) return seen;
    const lives = this.#lives.filter((life) => pool === null || life.pool === pool);
    return ok(lives.map((life) => this.#reportOf(life, seen.value)));
  }

  /** What a plan wants held beside the floor: the place is told at once where that changes something. */
  async hold(hold: Hold): BackendReply<null> {
    this.#holds.take(hold, this.#options.now());
    const { floor, buffer } = this.#target();
    return this.#told.isKnown && floor + buffer === this.#told.told ? ok(null) : this.#told.tell();
  }

  /** Others need what is kept for bursts. */
  async makeRoom(): BackendReply<null> {
    const { floor, buffer } = this.#target();
    return floor + buffer < this.#told.told ? this.#told.tell() : ok(null);
  }

  capacity(): BackendCapacity {
    return { replicasMax: this.#options.containersMax(), replicas: this.used };
  }

  /** Containers that are paid for: those that are wanted, those that the place may have been told, or those that still run. */
  get used(): number {
    return this.#told.used;
  }

  /** Whether the place was told by this one: before, it holds what an earlier one has told it. */
  get isKnown(): boolean {
    return this.#told.isKnown;
  }

  /** Tells the place again what it is to hold between, because others may have reset it. */
  async reconcile(): BackendReply<null> {
    const set = await this.#told.tell();
    if (set.ok) await this.#look();
    return set;
  }

  async #begin(command: StartCommand): Promise<Result<null, BackendError>> {
    const { id, generation, pool, version } = command;
    const known = this.#lives.find((life) => life.id === id);
    const latest = Math.max(this.#order.latestEnded(id), known?.generation ?? 0);
    const isKnown = known?.generation === generation && !known.ending && !this.#order.hasEnded(command);
    // Told again all the same: the answer that the place was told may have been lost.
    if (isKnown) return inDoubt(await this.#told.tell());
    if (generation <= latest)
      return err({
        kind: 'stale-generation',
        message: `generation ${latest} is known`,
        knownGeneration: latest,
      });
    if (version !== this.#options.version)
      return err({ kind: 'cannot-start', message: `no version ${version} runs here` });
    if (known !== undefined) {
      const ended = await this.#end(known);
      if (!ended.ok) return ended;
    }
    const refusal = this.#lackOfRoom();
    if (refusal !== null) return err(refusal);
    const life = { id, generation, pool, startedMs: this.#options.now(), readyMs: null, ending: false };
    this.#write([...this.#lives, life]);
    const set = await this.#told.tell();
    // What was surely refused leaves no life and no claim behind; of anything else the place may have heard.
    if (!set.ok && !mayBeHeard(set.error)) {
      this.#write(this.#lives.filter((each) => each !== life));
      this.#told.want();
    }
    return set;
  }

  /** Why no further replica may be begun. Containers of those that were given up still count, whatever the floor says. */
  #lackOfRoom(): BackendError | null {
    const { sharing } = this.#options;
    const retryAfterMs = quotaRetryMs;
    if (sharing?.isKnown() === false)
      return { kind: 'quota', message: 'it is not known yet what an earlier agent has left', retryAfterMs };
    const shares = this.#lives.length;
    const containersMax = this.#options.containersMax();
    if (shares < containersMax) return null;
    sharing?.tellShort();
    return { kind: 'quota', message: `${shares} of ${containersMax} containers are in use`, retryAfterMs };
  }

  async #end(ref: ReplicaRef): BackendReply<null> {
    const life = this.#lives.find(({ id }) => id === ref.id);
    if (life === undefined || life.generation > ref.generation)
      return err({ kind: 'not-found', message: `no replica ${ref.id} of generation ${ref.generation}` });
    if (!life.ending) this.#replace({ ...life, ending: true });
    const set = inDoubt(await this.#told.tell());
    if (!set.ok) return set;
    const lowered = this.#options.awaitsEnd === false ? ok(null) : await this.#awaitLowered();
    if (!lowered.ok) return lowered;
    this.#write(this.#lives.filter(({ id }) => id !== ref.id));
    return ok(null);
  }

  async #awaitLowered(): BackendReply<null> {
    const untilMs = this.#options.now() + lowerWithinMs;
    for (;;) {
      const seen = await this.#look();
      if (!seen.ok) return seen;
      if (isLowered(this.#target(), seen.value)) return ok(null);
      // Told, and heard: the place is there, and others may be started on it meanwhile.
      if (this.#options.now() >= untilMs)
        return err({ kind: 'busy', message: `${seen.value.containers} containers still run` });
      await this.#options.wait(this.#lookEveryMs);
    }
  }

  /** Refused after all: the share is taken back, so that no container is begun when nobody waits for it any more. */
  async #giveUp(life: ManagedLife, { shortage }: PlaceSight): Promise<Result<never, BackendError>> {
    this.#write(this.#lives.filter(({ id }) => id !== life.id));
    const lowered = inDoubt(await this.#told.tell());
    // Whoever asks again finds the life, and with it the share that the place may still hold.
    if (!lowered.ok) {
      this.#write([...this.#lives, life]);
      return lowered;
    }
    const { kind, message } = shortage ?? { kind: 'no-capacity', message: 'no room' };
    return err({ kind, message, retryAfterMs: shortageRetryMs });
  }

  /** Whether the place says that it has no room, and the replica has waited for as long as it may. */
  #isShort({ id, startedMs, readyMs }: ManagedLife, seen: PlaceSight): boolean {
    if ((seen.shortage ?? null) === null || readyMs !== null || hasContainer(this.#lives, id, seen))
      return false;
    return this.#options.now() - startedMs >= (this.#options.shortageMs ?? 0);
  }

  get #lookEveryMs(): number {
    return this.#options.lookEveryMs ?? lookEveryMsDefault;
  }

  async #look(): BackendReply<PlaceSight> {
    const seen = inDoubt(await this.#options.place.look());
    if (!seen.ok) return seen;
    this.#told.sees(seen.value.containers);
    const awaited = this.#lives.filter(
      ({ id, readyMs }) => readyMs === null && hasContainer(this.#lives, id, seen.value),
    );
    if (awaited.length === 0 || !(await this.#options.place.answers())) return seen;
    const nowMs = this.#options.now();
    for (const { id, generation } of awaited) {
      const life = this.#lives.find((each) => each.id === id && each.generation === generation);
      if (life !== undefined) this.#replace({ ...life, readyMs: nowMs });
    }
    return seen;
  }

  async #tell(ref: ReplicaRef): BackendReply<ReplicaReport> {
    const life = this.#find(ref);
    if (!life.ok) return life;
    const seen = await this.#look();
    return seen.ok ? ok(this.#reportOf(life.value, seen.value)) : seen;
  }

  #find(ref: ReplicaRef): Result<ManagedLife, BackendError> {
    const life = this.#lives.find(({ id }) => id === ref.id);
    if (life === undefined) return err({ kind: 'not-found', message: `no replica ${ref.id}` });
    const { generation } = life;
    if (generation === ref.generation) return ok(life);
    return err({
      kind: 'stale-generation',
      message: `generation ${generation} runs`,
      knownGeneration: generation,
    });
  }

  #target(): PlaceTarget {
    const { idleMs } = this.#options;
    const containersMax = this.#options.containersMax();
    return planTarget({ lives: this.#lives, containersMax, buffer: this.#buffer(), idleMs });
  }

  #buffer(): number {
    const { buffer, sharing, now } = this.#options;
    if (buffer !== null) return buffer;
    if (sharing !== undefined && (!sharing.isKnown() || sharing.isShort())) return 0;
    return bufferOf(this.#lives, this.#holds.wanted(now()));
  }

  #reportOf(
    { id, generation, pool, startedMs, readyMs, ending }: ManagedLife,
    seen: PlaceSight,
  ): ReplicaReport {
    const isThere = readyMs !== null && hasContainer(this.#lives, id, seen);
    const tookMs = readyMs === null ? null : readyMs - startedMs;
    return {
      id,
      generation,
      pool,
      version: this.#options.version,
      condition: ending ? 'draining' : isThere ? 'ready' : 'loading',
      endpoint: seen.endpoint,
      spawnMs: tookMs,
      loadMs: tookMs,
      readyMs: tookMs,
      wakeMs: null,
      pid: null,
      reason: null,
    };
  }

  #replace(life: ManagedLife): void {
    this.#write(this.#lives.map((each) => (each.id === life.id ? life : each)));
  }

  #write(lives: readonly ManagedLife[]): void {
    this.#options.lives.write(lives);
    this.#lives = lives;
  }
}
