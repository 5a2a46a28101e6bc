// What a paced server counts, for tests to read: requests, how many at once, how often each request id came. Bounded.

/** Request ids whose attempts are remembered; older ones are forgotten. */
const attemptsMax = 4_096;

export class PacedCounters {
  #requests = 0;
  #inFlight = 0;
  #inFlightMax = 0;
  #aborted = 0;
  #tokensSent = 0;
  readonly #attempts = new Map<string, number>();

  begin(requestId: string): void {
    this.#requests += 1;
    this.#inFlight += 1;
    this.#inFlightMax = Math.max(this.#inFlightMax, this.#inFlight);
    if (requestId === '') return;
    this.#attempts.set(requestId, (this.#attempts.get(requestId) ?? 0) + 1);
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size > attemptsMax && oldest !== undefined) this.#attempts.delete(oldest);
  }

  end(aborted: boolean): void {
    this.#inFlight -= 1;
    if (aborted) this.#aborted += 1;
  }

  sent(tokens: number): void {
    this.#tokensSent += tokens;
  }

  get requests(): number {
    return this.#requests;
  }

  get tokensSent(): number {
    return this.#tokensSent;
  }

  render(): object {
    return {
      requests: this.#requests,
      inFlight: this.#inFlight,
      inFlightMax: this.#inFlightMax,
      aborted: this.#aborted,
      tokensSent: this.#tokensSent,
      attempts: Object.fromEntries(this.#attempts),
    };
  }
}
