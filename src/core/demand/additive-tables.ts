// An additive log-linear model whose every term is a piecewise linear function of one figure, learned online. Owns the knots and how
// they learn; knows nothing of what the figures mean. Deterministic, constant memory. Pure.

/** One figure's scale: position 0 stands at `low`, each further knot `step` higher; beyond the ends the term is constant. */
export interface Axis {
  readonly name: string;
  readonly low: number;
  readonly step: number;
  readonly knots: number;
}

/** The position of a figure that is not there. */
export const absent = -1;

/** AdaGrad (Duchi, Hazan, Singer 2011): the step of a knot is `rate * g / sqrt(sum of g^2 + calm)`. */
const rate = 0.2;
const calm = 3;
/** What was seen fades a little with each step, by half in some weeks of ticks, so that a knot never stops learning. */
const keep = 0.99998;

/** What `snapshot` gives and `restore` takes: plain numbers, one per knot, the bias first. */
export interface TablesSnapshot {
  readonly weights: readonly number[];
  readonly seen: readonly number[];
}

export class AdditiveTables {
  readonly axes: readonly Axis[];
  /** First knot of each axis; 0 is the bias. Each axis has one spare knot, so that the last interval needs no special case. */
  readonly offsets: Int32Array;
  readonly weights: Float64Array;
  readonly #gradient: Float64Array;
  readonly #seen: Float64Array;

  /** `bias` is the logarithm of the mean that stands before anything is learned. */
  constructor(axes: readonly Axis[], bias: number) {
    this.axes = axes;
    this.offsets = new Int32Array(axes.length);
    let size = 1;
    for (const [at, axis] of axes.entries()) {
      this.offsets[at] = size;
      size += axis.knots + 1;
    }
    this.weights = new Float64Array(size);
    this.weights[0] = bias;
    this.#gradient = new Float64Array(size);
    this.#seen = new Float64Array(size);
  }

  /** Where a figure lies on its axis, in knots. */
  position(axis: number, figure: number): number {
    const scale = this.axes[axis];
    if (scale === undefined) return 0;
    const at = (figure - scale.low) / scale.step;
    // Written so that a figure that is not a number lands on the first knot.
    return at > 0 ? Math.min(at, scale.knots - 1) : 0;
  }

  /** The axis' part of the logarithm at a position; nothing at `absent`. */
  term(axis: number, position: number): number {
    if (position < 0) return 0;
    const whole = Math.trunc(position);
    const at = (this.offsets[axis] ?? 0) + whole;
    const low = this.weights[at] ?? 0;
    return low + (position - whole) * ((this.weights[at + 1] ?? 0) - low);
  }

  get bias(): number {
    return this.weights[0] ?? 0;
  }

  /** Notes a residual (what came less what was expected) at a position; `learn` applies all that was noted. Nothing at `absent`. */
  note(axis: number, position: number, residual: number): void {
    if (position < 0) return;
    const whole = Math.trunc(position);
    const at = (this.offsets[axis] ?? 0) + whole;
    const part = position - whole;
    this.#gradient[at] = (this.#gradient[at] ?? 0) + residual * (1 - part);
    this.#gradient[at + 1] = (this.#gradient[at + 1] ?? 0) + residual * part;
  }

  noteBias(residual: number): void {
    this.#gradient[0] = (this.#gradient[0] ?? 0) + residual;
  }

  /** One step of every knot that something was noted at. */
  learn(): void {
    const gradient = this.#gradient;
    for (let at = 0; at < gradient.length; at += 1) {
      const g = gradient[at] ?? 0;
      if (g === 0) continue;
      const seen = (this.#seen[at] ?? 0) * keep + g * g;
      this.#seen[at] = seen;
      this.weights[at] = (this.weights[at] ?? 0) + (rate * g) / Math.sqrt(seen + calm);
      gradient[at] = 0;
    }
  }

  snapshot(): TablesSnapshot {
    return { weights: [...this.weights], seen: [...this.#seen] };
  }

  /** False, and nothing changed, when the snapshot is of other axes or holds what is no number. */
  restore(snapshot: TablesSnapshot): boolean {
    const { weights, seen } = snapshot;
    const fits = weights.length === this.weights.length && seen.length === this.#seen.length;
    if (!fits || ![...weights, ...seen].every(Number.isFinite) || seen.some((each) => each < 0)) return false;
    this.weights.set(weights);
    this.#seen.set(seen);
    return true;
  }
}
