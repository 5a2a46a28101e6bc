// What the pools of one environment learn together: how the whole platform is doing, how long pauses last in general, how far each
// forecaster's counts spread, the additive tables, and which mix of forecasters did best. Constant memory. Pure.
import { AdditiveTables } from '../additive-tables.ts';
import { horizonsMs } from '../forecast.ts';
import { arrivalAxes } from './arrival-axes.ts';
import { ChanceMap } from './chance-map.ts';
import { CountSpread } from './count-spread.ts';
import { GapHistogram } from './gap-histogram.ts';
import { Hedge } from './hedge.ts';
import { channels, memberNames } from './members.ts';
import { TapeReader, TapeWriter } from './number-tape.ts';
import { minuteMs, PoolTrail } from './pool-trail.ts';
import { usualCount } from './usual-count.ts';
import type { PlatformLook, SharedSight } from './mean-model.ts';

export interface SharedSnapshot {
  readonly version: 1;
  readonly state: readonly number[];
}

const hourMs = 60 * minuteMs;
/** A pool that was not asked for so long learns from the platform as it was at the edge of this. */
const minutesKept = 1_440;
/** After a longer silence the time between is skipped. */
const minutesMax = 8 * 1_440;

export class SharedDemand implements SharedSight {
  readonly gaps = new GapHistogram();
  /** By member and horizon. */
  readonly #spreads = memberNames.map(() => horizonsMs.map(() => new CountSpread()));
  readonly #tables = horizonsMs.map(() => new AdditiveTables(arrivalAxes, 0));
  /** By horizon and channel. */
  readonly #hedges = horizonsMs.map(() => channels.map(() => new Hedge(memberNames.length)));
  readonly #chances = horizonsMs.map(() => new ChanceMap());
  readonly #platform = new PoolTrail();
  readonly #recent = new Float64Array(minutesKept);
  readonly #ratio = new Float64Array(minutesKept);

  spreadOf(member: number, slot: number): CountSpread {
    return at(this.#spreads, member, slot);
  }

  tablesOf(slot: number): AdditiveTables {
    const tables = this.#tables[slot];
    if (tables === undefined) throw new Error(`no horizon ${slot}`);
    return tables;
  }

  hedgeOf(slot: number, channel: number): Hedge {
    return at(this.#hedges, slot, channel);
  }

  chancesOf(slot: number): ChanceMap {
    const chances = this.#chances[slot];
    if (chances === undefined) throw new Error(`no horizon ${slot}`);
    return chances;
  }

  /** Something has come to one of the pools. Its pause goes into the general histogram. */
  arrive(atMs: number, count: number, gapMs: number | null): void {
    this.advance(atMs);
    this.#platform.arrive(Math.max(atMs, this.#platform.lastMs), count);
    this.gaps.add(gapMs, count);
  }

  /** Notes the platform at every minute that has begun. */
  advance(nowMs: number): void {
    if (!this.#platform.isUsed) return;
    const minute = Math.floor(nowMs / minuteMs);
    const from = Math.max(this.#platform.turnedMs / minuteMs + 1, minute - minutesMax);
    for (let each = from; each <= minute; each += 1) {
      this.#platform.turn(each);
      const { recentLog, ratioLog } = this.#look(each * minuteMs);
      this.#recent[each % minutesKept] = recentLog;
      this.#ratio[each % minutesKept] = ratioLog;
    }
  }

  /** As it was when the minute of `nowMs` began, or a day ago at most. */
  platformAt(nowMs: number): PlatformLook {
    const newest = this.#platform.turnedMs / minuteMs;
    const minute = Math.floor(nowMs / minuteMs);
    if (!this.#platform.isUsed || minute > newest) return this.#look(nowMs);
    const kept = Math.max(minute, newest - minutesKept + 1) % minutesKept;
    return { recentLog: this.#recent[kept] ?? -2, ratioLog: this.#ratio[kept] ?? 0 };
  }

  #look(nowMs: number): PlatformLook {
    if (!this.#platform.isUsed) return { recentLog: -2, ratioLog: 0 };
    const recent = this.#platform.rate(2, nowMs) * 30 * minuteMs;
    const usual = usualCount(this.#platform, nowMs - hourMs, hourMs);
    const ratio = usual === null ? 1 : (this.#platform.countLast(hourMs, nowMs) + 4) / (usual + 4);
    return { recentLog: Math.log2(recent + 0.25), ratioLog: Math.log2(ratio) };
  }

  snapshot(): SharedSnapshot {
    const tape = new TapeWriter();
    this.gaps.write(tape);
    this.#platform.write(tape);
    tape.putAll(this.#recent);
    tape.putAll(this.#ratio);
    for (const spread of this.#spreads.flat()) spread.write(tape);
    for (const hedge of this.#hedges.flat()) hedge.write(tape);
    for (const chances of this.#chances) chances.write(tape);
    for (const tables of this.#tables) {
      const { weights, seen } = tables.snapshot();
      tape.putAll(weights);
      tape.putAll(seen);
    }
    return { version: 1, state: tape.numbers };
  }

  /** False when the snapshot is not whole: this object is then in no usable state and must be thrown away. */
  restore({ version, state }: SharedSnapshot): boolean {
    if (version !== 1) return false;
    const tape = new TapeReader(state);
    this.gaps.read(tape);
    this.#platform.read(tape);
    tape.takeInto(this.#recent);
    tape.takeInto(this.#ratio);
    for (const spread of this.#spreads.flat()) spread.read(tape);
    for (const hedge of this.#hedges.flat()) hedge.read(tape);
    for (const chances of this.#chances) chances.read(tape);
    const restored = this.#tables.map((tables) => {
      const weights = tables.weights.map(() => tape.take());
      const seen = tables.weights.map(() => tape.take());
      return tables.restore({ weights: [...weights], seen: [...seen] });
    });
    return tape.isWhole && restored.every(Boolean);
  }
}

function at<T>(grid: readonly (readonly T[])[], row: number, column: number): T {
  const cell = grid[row]?.[column];
  if (cell === undefined) throw new Error(`no cell ${row}, ${column}`);
  return cell;
}
