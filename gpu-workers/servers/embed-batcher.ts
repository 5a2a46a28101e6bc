// Puts the texts of several requests into batches: a batch of texts costs a third of what they cost one by one, and a request of one
// text does not wait behind a request of a thousand. Owns the order; knows nothing of the model but that it takes a batch at a time.

/** Beyond this a batch gains no more speed, and a newcomer waits for the one that runs. */
export const batchTextsMax = 32;
/** A text's cost grows with the square of its length, so that long texts make a small batch. */
export const batchCharsMax = 16_384;

export class EmbedBatcher<V> {
  readonly #embed: (texts: readonly string[]) => Promise<readonly V[]>;
  #requests: Request<V>[] = [];
  #running = false;

  constructor(embed: (texts: readonly string[]) => Promise<readonly V[]>) {
    this.#embed = embed;
  }

  /** The values of the texts, in their order; null when `signal` fired before the last batch. */
  async embed(texts: readonly string[], signal: AbortSignal): Promise<readonly V[] | null> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly V[] | null>();
    this.#requests.push({ texts, signal, values: [], resolve, reject });
    if (!this.#running) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      this.#settle();
      if (this.#requests.length === 0) break;
      const portions = this.#deal();
      try {
        const values = await this.#embed(portions.flatMap(({ texts }) => texts));
        let at = 0;
        for (const { request, texts } of portions) {
          request.values.push(...values.slice(at, at + texts.length));
          at += texts.length;
        }
      } catch (cause) {
        const failed = new Set(portions.map(({ request }) => request));
        for (const request of failed) request.reject(cause);
        this.#requests = this.#requests.filter((request) => !failed.has(request));
      }
    }
    this.#running = false;
  }

  /** Takes leave of the requests that are done or whose caller is gone. */
  #settle(): void {
    this.#requests = this.#requests.filter((request) => {
      const done = request.values.length === request.texts.length;
      if (!done && !request.signal.aborted) return true;
      request.resolve(done ? request.values : null);
      return false;
    });
  }

  /** The next batch: every request in turn gets an equal share, and what it does not need falls to those behind it. */
  #deal(): readonly Portion<V>[] {
    const portions: Portion<V>[] = [];
    let textsLeft = batchTextsMax;
    let charsLeft = batchCharsMax;
    const byNeed = this.#requests
      .map((request) => ({ request, need: request.texts.length - request.values.length }))
      .sort((one, other) => one.need - other.need)
      .slice(0, batchTextsMax);
    for (const [at, { request, need }] of byNeed.entries()) {
      const share = Math.min(need, Math.floor(textsLeft / (byNeed.length - at)));
      const start = request.values.length;
      const texts: string[] = [];
      for (const text of request.texts.slice(start, start + share)) {
        if (charsLeft <= 0) break;
        texts.push(text);
        charsLeft -= text.length;
      }
      portions.push({ request, texts });
      textsLeft -= texts.length;
    }
    return portions;
  }
}

interface Request<V> {
  readonly texts: readonly string[];
  readonly signal: AbortSignal;
  readonly values: V[];
  readonly resolve: (values: readonly V[] | null) => void;
  readonly reject: (cause: unknown) => void;
}

interface Portion<V> {
  readonly request: Request<V>;
  readonly texts: readonly string[];
}
