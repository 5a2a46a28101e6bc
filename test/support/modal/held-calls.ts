// Calls that are held back until the next of the same name comes. Owns who waits for what, and that nobody waits for ever; knows nothing of
// faults or of what is called.

/** Whether what is held back is done by the time the next call is acted on, or as soon as that is done. */
export interface NextCall {
  readonly side: 'before' | 'after';
  /** Carried out after this long when no such call comes, or none that ends. */
  readonly withinMs: number;
}

interface Held {
  readonly rpc: string;
  readonly side: NextCall['side'];
  /** Resolves once it has been done, well or badly. */
  readonly resume: () => Promise<unknown>;
}

export class HeldCalls {
  readonly #waiting = new Set<Held>();

  /** Resolves with what `act` gives, which begins with the next call of that name. */
  hold<T>(rpc: string, { side, withinMs }: NextCall, act: () => Promise<T>): Promise<T> {
    const { promise: turn, resolve: begin } = Promise.withResolvers<void>();
    const done = turn.then(act);
    const resume = (): Promise<unknown> => {
      clearTimeout(timer);
      begin();
      return done.catch(() => null);
    };
    const held = { rpc, side, resume };
    const timer = setTimeout(() => {
      this.#waiting.delete(held);
      begin();
    }, withinMs);
    this.#waiting.add(held);
    return done;
  }

  /** Carries a call out, and with it what is held back until such a call comes. */
  async meet<T>(rpc: string, act: () => Promise<T>): Promise<T> {
    const met = [...this.#waiting].filter((held) => held.rpc === rpc);
    if (met.length === 0) return act();
    for (const held of met) this.#waiting.delete(held);
    const of = (side: NextCall['side']): readonly Held[] => met.filter((held) => held.side === side);
    await Promise.all(of('before').map(({ resume }) => resume()));
    try {
      return await act();
    } finally {
      for (const { resume } of of('after')) void resume();
    }
  }
}
