// A forecaster of one pool: one member alone or several that are mixed. Owns the course of time: at the beginning of each minute it
// learns from the forecasts that have come due and makes those that it will learn from. Pure.
import { assert } from '../../base/assert.ts';
import {
  horizonSlot,
  horizonsMs,
  type ArrivalForecast,
  type ArrivalForecaster,
  type ForecasterSnapshot,
} from '../forecast.ts';
import { Banded, said } from './banded.ts';
import { GapHistogram } from './gap-histogram.ts';
import { isLessonTime, Lessons, standsAlone } from './lessons.ts';
import type { Look, MeanModel } from './mean-model.ts';
import { channels, memberNames } from './members.ts';
import { Mixer } from './mixer.ts';
import { TapeReader, TapeWriter } from './number-tape.ts';
import { minuteMs, PoolTrail } from './pool-trail.ts';
import type { SharedDemand } from './shared-demand.ts';

/** After a longer silence the time between is skipped: what was known of it has been forgotten anyway. */
const minutesMax = 8 * 1_440;

const nothingYet: ArrivalForecast = {
  meanCount: 0,
  lowCount: 0,
  midCount: 0,
  highCount: 0,
  anyChance: 0,
  because: 'nothing has ever come',
};

export class Panel implements ArrivalForecaster {
  readonly name: string;
  readonly #shared: SharedDemand;
  readonly #trail = new PoolTrail();
  readonly #gaps = new GapHistogram();
  readonly #members: readonly Banded[];
  readonly #offsets: readonly number[];
  readonly #mixOffset: number;
  readonly #lessons: readonly Lessons[];
  readonly #mixers: readonly Mixer[];
  readonly #row: Float64Array;
  /** Whether the model's own mean is given instead of what has really come of such. */
  readonly #plain: boolean;

  constructor(name: string, models: readonly MeanModel[], shared: SharedDemand) {
    this.name = name;
    this.#shared = shared;
    this.#members = models.map(
      (model) =>
        new Banded(
          model,
          memberNames.findIndex((each) => each === model.name),
          shared,
        ),
    );
    let width = 0;
    this.#offsets = this.#members.map(({ size }) => (width += size) - size);
    this.#mixOffset = width;
    this.#plain = models.length === 1;
    const size = width + (this.#plain ? 0 : 2 * channels.length);
    this.#row = new Float64Array(size);
    this.#lessons = horizonsMs.map((_, slot) => new Lessons(slot, size + 1));
    this.#mixers = this.#plain ? [] : horizonsMs.map((_, slot) => new Mixer(slot, this.#offsets, shared));
  }

  arrive(atMs: number, count = 1): void {
    assert(Number.isFinite(atMs) && atMs >= 0, 'an arrival has a time');
    assert(Number.isFinite(count) && count >= 0, 'an arrival has a count');
    if (count === 0) return;
    // A clock that went back must not undo what is known.
    const nowMs = Math.max(atMs, this.#trail.lastMs);
    this.#advance(nowMs);
    const gapMs = this.#trail.isUsed ? nowMs - this.#trail.lastMs : null;
    this.#shared.arrive(nowMs, count, gapMs);
    this.#trail.arrive(nowMs, count);
    this.#gaps.add(gapMs, count);
    this.#gaps.renew(this.#shared.gaps);
  }

  forecast(nowMs: number, horizonMs: number): ArrivalForecast {
    assert(Number.isFinite(nowMs), 'a forecast is made at some time');
    assert(horizonMs > 0 && Number.isFinite(horizonMs), 'a horizon is a span of time');
    if (!this.#trail.isUsed) return nothingYet;
    const atMs = Math.max(nowMs, this.#trail.lastMs);
    this.#advance(atMs);
    const slot = horizonSlot(horizonMs);
    const look = this.#look(atMs, slot);
    const row = this.#lessons[slot]?.made(atMs) ?? this.#speak(look, this.#row);
    return this.#tell(row, look, horizonMs / (horizonsMs[slot] ?? horizonMs));
  }

  #look(nowMs: number, slot: number): Look {
    return { trail: this.#trail, gaps: this.#gaps, shared: this.#shared, nowMs, slot };
  }

  /** Fills a row with what all members say, and their mix. */
  #speak(look: Look, row: Float64Array): Float64Array {
    for (const [at, member] of this.#members.entries()) member.say(look, row, this.#offsets[at] ?? 0);
    this.#mixers[look.slot]?.mix(row, this.#mixOffset);
    return row;
  }

  #tell(row: Float64Array, look: Look, scale: number): ArrivalForecast {
    const told = (channel: number, alone: number): number =>
      row[this.#plain ? alone : this.#mixOffset + 2 * channel] ?? 0;
    const any = told(4, said.any);
    const none = 1 - (this.#plain ? any : this.#shared.chancesOf(look.slot).of(any));
    // Mixed by weights of their own they may cross; in order they lose no more (Chernozhukov, Fernandez-Val, Galichon 2010).
    const [low = 0, mid = 0, high = 0] = [told(1, said.low), told(2, said.mid), told(3, said.high)].sort(
      (a, b) => a - b,
    );
    return {
      meanCount: scale * told(0, said.named),
      lowCount: scale * low,
      midCount: scale * mid,
      highCount: scale * high,
      anyChance: 1 - none ** scale,
      because: this.#explain(look),
    };
  }

  #explain(look: Look): string {
    const mixer = this.#mixers[look.slot];
    if (mixer === undefined) return this.#members[0]?.model.because(look) ?? '';
    const ranked = this.#members
      .map(({ model }, at) => ({ model, weight: mixer.weightOf(at) }))
      .sort((a, b) => b.weight - a.weight);
    const [first, second] = ranked;
    if (first === undefined || second === undefined) return '';
    const share = ({ model, weight }: typeof first): string => `${model.name} ${(100 * weight).toFixed(0)} %`;
    return `${share(first)}, ${share(second)}; ${first.model.because(look)}`;
  }

  /** Every minute that has begun since. */
  #advance(nowMs: number): void {
    this.#shared.advance(nowMs);
    if (!this.#trail.isUsed) return;
    const minute = Math.floor(nowMs / minuteMs);
    const from = Math.max(this.#trail.turnedMs / minuteMs + 1, minute - minutesMax);
    for (let each = from; each <= minute; each += 1) this.#turn(each);
  }

  #turn(minute: number): void {
    const atMs = minute * minuteMs;
    this.#trail.turn(minute);
    for (const [slot, lessons] of this.#lessons.entries()) {
      if (!isLessonTime(slot, atMs)) continue;
      const madeMs = atMs - (horizonsMs[slot] ?? 0);
      const due = lessons.made(madeMs);
      if (due !== null) this.#learn(slot, due, standsAlone(slot, madeMs));
      const row = this.#speak(this.#look(atMs, slot), lessons.begin(atMs));
      row[row.length - 1] = this.#trail.total;
    }
  }

  #learn(slot: number, row: Float64Array, alone: boolean): void {
    const outcome = { slot, row, alone, count: this.#trail.total - (row.at(-1) ?? 0) };
    this.#mixers[slot]?.learn(outcome, this.#mixOffset);
    if (!this.#plain) this.#shared.chancesOf(slot).observe(row[this.#mixOffset + 8] ?? 0, outcome.count > 0);
    for (const [at, member] of this.#members.entries()) member.learn(outcome, this.#offsets[at] ?? 0);
  }

  snapshot(): ForecasterSnapshot {
    const tape = new TapeWriter();
    for (const part of this.#parts()) part.write(tape);
    return { version: 1, name: this.name, state: tape.numbers };
  }

  /** False when the snapshot is of another forecaster or not whole: this object is then in no usable state. */
  restore({ version, name, state }: ForecasterSnapshot): boolean {
    if (version !== 1 || name !== this.name) return false;
    const tape = new TapeReader(state);
    for (const part of this.#parts()) part.read(tape);
    return tape.isWhole;
  }

  #parts(): readonly { write(tape: TapeWriter): void; read(tape: TapeReader): void }[] {
    return [this.#trail, this.#gaps, ...this.#members, ...this.#lessons, ...this.#mixers];
  }
}
