// Other traffic beside what a scenario breaks, as there always is: what may be spent on retries is a share of all requests, and those who meet
// no fault must not notice any.
import type { Ask } from './ask.ts';
import { steady } from './arrivals.ts';
import { runOpenLoop } from './open-loop.ts';
import type { Answered } from './send.ts';

export interface BystanderOptions {
  readonly port: number;
  readonly seed: number;
  readonly perSecond: number;
  readonly ask: (index: number) => Ask;
}

/** Longer than any scenario; it ends when it is told to. */
const HOUR_MS = 3_600_000;

/** Begins at once; returns how to end it. */
export function startBystanders(options: BystanderOptions): () => Promise<readonly Answered[]> {
  const { port, seed, perSecond, ask } = options;
  const ender = new AbortController();
  const load = runOpenLoop({ port, seed, ask, arrivals: steady(perSecond, HOUR_MS), until: ender.signal });
  return async () => {
    ender.abort();
    return (await load).answers;
  };
}
