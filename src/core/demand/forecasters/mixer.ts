// Mixes what the members say of one pool and one horizon, each channel by weights of its own. An expert more is the mix that did best
// for all pools; most of the trust begins there. Costs are slopes of the channel's loss at the mix, so that the mix vies not only
// with the best member but with the best fixed blend of members. Pure.
//
// Bound, per pool, horizon and channel, over forecasts that do not overlap: total loss of the mix <= total loss of any fixed blend of
// members + Hedge's certificate. The losses (pinball at 10, 50, 90 %, Poisson's for the mean, Brier's for any) are convex, therefore
// loss(mix) - loss(blend) <= slope x (mix - blend), whose sum the certificate bounds.
import { said, type Outcome } from './banded.ts';
import { missTarget } from './band-levels.ts';
import { Hedge } from './hedge.ts';
import { channels, type Channel } from './members.ts';
import type { TapeReader, TapeWriter } from './number-tape.ts';

/** Prior weight of the shared mix: a pool of its own ways leaves it after a few dozen costs. */
const commonTrust = 0.9;

const offsetOf: Readonly<Record<Channel, number>> = {
  mean: said.mean,
  low: said.low,
  mid: said.mid,
  high: said.high,
  any: said.any,
};

/** What the whole environment's mix is asked for. */
export interface SharedHedges {
  hedgeOf(slot: number, channel: number): Hedge;
}

export class Mixer {
  readonly #slot: number;
  readonly #offsets: readonly number[];
  readonly #shared: SharedHedges;
  readonly #hedges: readonly Hedge[];
  readonly #says: Float64Array;
  readonly #costs: Float64Array;

  /** `offsets` are where each member's forecast begins in a row. */
  constructor(slot: number, offsets: readonly number[], shared: SharedHedges) {
    const members = offsets.length;
    const prior = [...offsets.map(() => (1 - commonTrust) / members), commonTrust];
    this.#slot = slot;
    this.#offsets = offsets;
    this.#shared = shared;
    this.#hedges = channels.map(() => new Hedge(members + 1, prior));
    this.#says = new Float64Array(members + 1);
    this.#costs = new Float64Array(members + 1);
  }

  /** Writes the mix of each channel, and what the shared mix says, behind one another. */
  mix(row: Float64Array, offset: number): void {
    for (let at = 0; at < channels.length; at += 1) {
      this.#gather(row, at);
      const common = this.#shared.hedgeOf(this.#slot, at).mix(this.#says);
      this.#says[this.#offsets.length] = common;
      row[offset + 2 * at] = this.#hedges[at]?.mix(this.#says) ?? 0;
      row[offset + 2 * at + 1] = common;
    }
  }

  /** Own weights learn from forecasts that stand alone, for which the bound holds; the shared ones from all. */
  learn({ count, row, alone }: Outcome, offset: number): void {
    for (let at = 0; at < channels.length; at += 1) {
      const channel = channels[at] ?? 'mean';
      this.#gather(row, at);
      const common = row[offset + 2 * at + 1] ?? 0;
      this.#says[this.#offsets.length] = common;
      this.#charge(slopeOf(channel, common, count));
      this.#shared.hedgeOf(this.#slot, at).observe(this.#costs);
      if (!alone) continue;
      this.#charge(slopeOf(channel, row[offset + 2 * at] ?? 0, count));
      this.#hedges[at]?.observe(this.#costs);
    }
  }

  #gather(row: Float64Array, channel: number): void {
    const within = offsetOf[channels[channel] ?? 'mean'];
    for (let at = 0; at < this.#offsets.length; at += 1)
      this.#says[at] = row[(this.#offsets[at] ?? 0) + within] ?? 0;
  }

  #charge(slope: number): void {
    for (let at = 0; at < this.#costs.length; at += 1) this.#costs[at] = slope * (this.#says[at] ?? 0);
  }

  /** Of the middle: what the operator is told of. */
  weightOf(member: number): number {
    const hedge = this.#hedges[2];
    const common = this.#shared.hedgeOf(this.#slot, 2);
    const through = (hedge?.weights[this.#offsets.length] ?? 0) * (common.weights[member] ?? 0);
    return (hedge?.weights[member] ?? 0) + through;
  }

  write(tape: TapeWriter): void {
    for (const hedge of this.#hedges) hedge.write(tape);
  }

  read(tape: TapeReader): void {
    for (const hedge of this.#hedges) hedge.read(tape);
  }
}

/** Slope of a channel's loss at what was said. */
function slopeOf(channel: Channel, value: number, count: number): number {
  switch (channel) {
    case 'mean':
      return 1 - count / Math.max(value, 1e-6);
    case 'low':
      return pinballSlope(value, count, missTarget);
    case 'mid':
      return pinballSlope(value, count, 0.5);
    case 'high':
      return pinballSlope(value, count, 1 - missTarget);
    case 'any':
      return 2 * (value - (count > 0 ? 1 : 0));
  }
}

/** Between the slopes on either side where the value was met. */
function pinballSlope(value: number, count: number, level: number): number {
  if (value === count) return 0;
  return count < value ? 1 - level : -level;
}
