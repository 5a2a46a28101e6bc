// How likely it is that somebody who came comes again: events per second by the time that has passed and by how long the session has
// been. A table of counts and exposure, learned online. Pure.

/** Beyond this time since the last request a session is over for the forecast: what comes later is a new one. */
export const sessionMsMax = 7_200_000;
/** A pause longer than this starts a new session. */
export const sessionGapMs = 1_800_000;

const firstMs = 8_000;
const binsPerOctave = 2;
const bins = Math.ceil(Math.log2(sessionMsMax / firstMs) * binsPerOctave) + 1;
const lengths = 4;

/** Before anything is learned: the hazard of a heavy-tailed pause, 0.3 / elapsed time, worth half an event of evidence in each cell. */
const priorShape = 0.3;
const priorEvents = 0.5;

/** Upper edge of each bin in ms. */
const edgesMs = Float64Array.from({ length: bins }, (_, at) =>
  Math.min(sessionMsMax, firstMs * 2 ** (at / binsPerOctave)),
);

/** Elapsed time in two-second grains -> bin, so that no logarithm is taken per session and tick. */
const grainMs = 2_000;
const binOfGrain = Uint8Array.from({ length: sessionMsMax / grainMs + 1 }, (_, at) => {
  const found = edgesMs.findIndex((edge) => at * grainMs < edge);
  return found === -1 ? bins - 1 : found;
});

export interface SessionHazardSnapshot {
  readonly events: readonly number[];
  readonly exposureSeconds: readonly number[];
}

export class SessionHazard {
  readonly #events = new Float64Array(bins * lengths);
  readonly #exposure = new Float64Array(bins * lengths);
  readonly #hazard = new Float64Array(bins * lengths);

  constructor() {
    for (let cell = 0; cell < bins * lengths; cell += 1) {
      const at = cell % bins;
      const high = edgesMs[at] ?? sessionMsMax;
      const low = at === 0 ? 0 : (edgesMs[at - 1] ?? 0);
      this.#events[cell] = priorEvents;
      this.#exposure[cell] = (priorEvents * (low + high)) / 2 / 1000 / priorShape;
      this.#update(cell);
    }
  }

  /** Events per second of a session of `length` requests, `elapsedMs` after its last one. */
  perSecond(elapsedMs: number, length: number): number {
    const grain = Math.trunc(elapsedMs / grainMs);
    const bin = binOfGrain[grain < 0 ? 0 : grain] ?? bins - 1;
    return this.#hazard[lengthClass(length) * bins + bin] ?? 0;
  }

  /** A pause of `elapsedMs` has ended: with an event, or without one because the session is over. */
  observe(elapsedMs: number, length: number, event: boolean): void {
    const row = lengthClass(length) * bins;
    const until = Math.max(0, Math.min(elapsedMs, sessionMsMax));
    let fromMs = 0;
    for (let bin = 0; bin < bins; bin += 1) {
      const edge = edgesMs[bin] ?? sessionMsMax;
      const cell = row + bin;
      this.#exposure[cell] = (this.#exposure[cell] ?? 0) + (Math.min(edge, until) - fromMs) / 1000;
      const last = until <= edge;
      if (last && event) this.#events[cell] = (this.#events[cell] ?? 0) + 1;
      this.#update(cell);
      if (last) return;
      fromMs = edge;
    }
  }

  #update(cell: number): void {
    this.#hazard[cell] = (this.#events[cell] ?? 0) / Math.max(1e-9, this.#exposure[cell] ?? 1);
  }

  snapshot(): SessionHazardSnapshot {
    return { events: [...this.#events], exposureSeconds: [...this.#exposure] };
  }

  restore({ events, exposureSeconds }: SessionHazardSnapshot): boolean {
    const size = bins * lengths;
    if (events.length !== size || exposureSeconds.length !== size) return false;
    if (![...events, ...exposureSeconds].every((value) => Number.isFinite(value) && value >= 0)) return false;
    this.#events.set(events);
    this.#exposure.set(exposureSeconds);
    for (let cell = 0; cell < size; cell += 1) this.#update(cell);
    return true;
  }
}

/** One request, two, three to five, more. */
function lengthClass(length: number): number {
  if (length <= 1) return 0;
  if (length === 2) return 1;
  return length <= 5 ? 2 : 3;
}
