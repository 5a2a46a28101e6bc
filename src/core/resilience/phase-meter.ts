// How many of an isolate's requests to a pool wait for their first token and how many stream, integrated over time, with the gaps between
// tokens: what the adaptive limit is made of, and nothing that depends on how long answers are. Owns the sums; time is an argument.

export interface PhaseReport {
  /** Time that was watched. */
  readonly ms: number;
  /** Requests in flight times milliseconds, and of those the ones without a first token. */
  readonly inFlightMs: number;
  readonly awaitingMs: number;
  readonly firstTokens: number;
  /** What they took, summed. */
  readonly firstTokensMs: number;
  readonly gaps: number;
  readonly gapsMs: number;
  readonly ended: number;
}

export const noPhases: PhaseReport = {
  ms: 0,
  inFlightMs: 0,
  awaitingMs: 0,
  firstTokens: 0,
  firstTokensMs: 0,
  gaps: 0,
  gapsMs: 0,
  ended: 0,
};

export class PhaseMeter {
  #awaiting = 0;
  #streaming = 0;
  #sums = noPhases;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /**
   * A request is sent to a replica. `streams`: its first token will be seen. The whole of a long answer at once would look like a late
   * first token; it counts as streaming from the beginning.
   */
  begin(nowMs: number, streams: boolean): void {
    this.#pass(nowMs);
    if (streams) this.#awaiting += 1;
    else this.#streaming += 1;
  }

  /** Its first content has come, `tookMs` after it was sent. */
  firstToken(nowMs: number, tookMs: number): void {
    this.#pass(nowMs);
    if (this.#awaiting === 0) return;
    this.#awaiting -= 1;
    this.#streaming += 1;
    const { firstTokens, firstTokensMs } = this.#sums;
    this.#sums = { ...this.#sums, firstTokens: firstTokens + 1, firstTokensMs: firstTokensMs + tookMs };
  }

  /** It streamed `gaps` more tokens over `gapsMs`; may be told with the end, or now and then. */
  tokens(gaps: number, gapsMs: number): void {
    this.#sums = { ...this.#sums, gaps: this.#sums.gaps + gaps, gapsMs: this.#sums.gapsMs + gapsMs };
  }

  /** It is over. `streamed`: it had its first token, or was never to show one. */
  end(nowMs: number, streamed: boolean): void {
    this.#pass(nowMs);
    if (streamed) this.#streaming = Math.max(0, this.#streaming - 1);
    else this.#awaiting = Math.max(0, this.#awaiting - 1);
    this.#sums = { ...this.#sums, ended: this.#sums.ended + 1 };
  }

  /** What happened since the last report. */
  take(nowMs: number): PhaseReport {
    this.#pass(nowMs);
    const report = this.#sums;
    this.#sums = noPhases;
    return report;
  }

  #pass(nowMs: number): void {
    const ms = Math.max(0, nowMs - this.#atMs);
    this.#atMs = Math.max(nowMs, this.#atMs);
    this.#sums = {
      ...this.#sums,
      ms: this.#sums.ms + ms,
      inFlightMs: this.#sums.inFlightMs + ms * (this.#awaiting + this.#streaming),
      awaitingMs: this.#sums.awaitingMs + ms * this.#awaiting,
    };
  }
}

/** Sums, the watched time too: of one isolate's report and the next, or of several isolates' for a mean. */
export function addPhases(a: PhaseReport, b: PhaseReport): PhaseReport {
  return {
    ms: a.ms + b.ms,
    inFlightMs: a.inFlightMs + b.inFlightMs,
    awaitingMs: a.awaitingMs + b.awaitingMs,
    firstTokens: a.firstTokens + b.firstTokens,
    firstTokensMs: a.firstTokensMs + b.firstTokensMs,
    gaps: a.gaps + b.gaps,
    gapsMs: a.gapsMs + b.gapsMs,
    ended: a.ended + b.ended,
  };
}
