// The text of an answer while it grows: what may be sent now, and where a stop string ends it. The engine ends generation at a stop
// string but leaves the string itself in the text, also in the middle of a token. Pure state machine.

export class AnswerText {
  readonly #stops: readonly string[];
  #whole = '';
  #sent = 0;
  #cut: number | null = null;

  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** Takes the whole text so far and returns what can be sent on: not a tail that may become a stop string. */
  grow(whole: string): string {
    this.#take(whole);
    return this.#send(this.#cut ?? this.#whole.length - this.#heldBack());
  }

  /** The text is complete: returns the rest of it. */
  finish(whole: string): string {
    this.#take(whole);
    return this.#send(this.#cut ?? this.#whole.length);
  }

  get text(): string {
    return this.#whole.slice(0, this.#sent);
  }

  get stopped(): boolean {
    return this.#cut !== null;
  }

  /** A reading of the text that takes back what was sent (a parser changed its mind) has to wait until it is longer again. */
  #take(whole: string): void {
    if (this.#cut !== null || !whole.startsWith(this.#whole.slice(0, this.#sent))) return;
    this.#whole = whole;
    this.#cut = firstStop(whole, this.#sent, this.#stops);
  }

  #send(upTo: number): string {
    const fresh = this.#whole.slice(this.#sent, upTo);
    this.#sent = Math.max(this.#sent, upTo);
    return fresh;
  }

  /** Length of the longest end of the text that is the beginning of a stop string. */
  #heldBack(): number {
    const lengths = this.#stops.map((stop) => {
      for (let length = Math.min(stop.length - 1, this.#whole.length); length > 0; length -= 1) {
        if (this.#whole.endsWith(stop.slice(0, length))) return length;
      }
      return 0;
    });
    return Math.max(0, ...lengths);
  }
}

/**
 * Where the stop string begins that is complete first, of several that end together the longest; null without one. Which begins first
 * would depend on the pieces: the engine ends at `a`, and never learns whether the `b` before it would have become `baa`.
 */
function firstStop(whole: string, from: number, stops: readonly string[]): number | null {
  let best: { readonly at: number; readonly end: number } | null = null;
  for (const stop of stops) {
    const at = whole.indexOf(stop, from);
    const end = at + stop.length;
    if (at >= 0 && (best === null || end < best.end || (end === best.end && at < best.at)))
      best = { at, end };
  }
  return best?.at ?? null;
}
