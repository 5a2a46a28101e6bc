// Open-loop load: requests go out when they are due, whether or not earlier ones have been answered, and count from that moment. Owns the
// schedule, the bound on connections, and how late it was itself.
import { Agent } from 'node:http';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { Ask } from './ask.ts';
import { drawArrivals, type Arrivals } from './arrivals.ts';
import { send, type Answered, type Target } from './send.ts';

/** Far more than the answers of any scenario need at a time; what is beyond waits, and the wait counts. */
const CONNECTIONS_MAX = 4_000;

export interface LoadOptions {
  readonly port: number;
  readonly arrivals: Arrivals;
  readonly seed: number;
  /** The request with this number. */
  readonly ask: (index: number, draw: () => number) => Ask;
  /** A client that is refused or gets no answer asks again at once, so often: what a storm is made of. */
  readonly retries?: number;
  /** Called with each final answer: what a long run counts instead of keeping all. */
  readonly onAnswered?: (answered: Answered) => void;
  /** False: nothing is kept, `onAnswered` is all that hears of it. */
  readonly keeps?: boolean;
  /** Ends the arrivals early. */
  readonly until?: AbortSignal;
}

export interface LoadOutcome {
  readonly answers: readonly Answered[];
  /** Requests on the wire, retries of clients included. */
  readonly sent: number;
  readonly startedMs: number;
}

const RETRIED: ReadonlySet<Answered['verdict']> = new Set(['refused', 'lost', 'failed']);

export async function runOpenLoop(options: LoadOptions): Promise<LoadOutcome> {
  const draw = makeRng(options.seed);
  const askDraw = makeRng(options.seed + 1);
  const target: Target = { port: options.port, agent: newAgent() };
  const answers: Answered[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  const startedMs = performance.now();
  const one = async (index: number, intendedMs: number): Promise<void> => {
    const ask = options.ask(index, askDraw);
    for (let tries = 0; ; tries += 1) {
      sent += 1;
      const answered = await send(target, ask, { intendedMs, isRetry: tries > 0 }).answered;
      const mayRetry = tries < (options.retries ?? 0) && answered.tookMs < ask.limitMs;
      if (mayRetry && RETRIED.has(answered.verdict)) continue;
      if (options.keeps !== false) answers.push(slim(answered));
      return options.onAnswered?.(answered);
    }
  };
  let index = 0;
  for (const atMs of drawArrivals(options.arrivals, draw)) {
    const dueMs = startedMs + atMs;
    while (performance.now() < dueMs && options.until?.aborted !== true) await nap(dueMs - performance.now());
    if (options.until?.aborted === true) break;
    const work = one(index, dueMs).finally(() => open.delete(work));
    open.add(work);
    index += 1;
  }
  await Promise.all(open);
  target.agent.destroy();
  return { answers, sent, startedMs };
}

export function newAgent(): Agent {
  return new Agent({
    keepAlive: true,
    maxSockets: CONNECTIONS_MAX,
    scheduling: 'lifo',
    maxFreeSockets: CONNECTIONS_MAX,
  });
}

/** Timers come up to a millisecond late; what is due meanwhile goes out in one go. */
function nap(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, Math.max(1, Math.floor(ms))));
}

/** A long run keeps a hundred thousand of them: what was judged is let go of. */
function slim(answered: Answered): Answered {
  const { reading, verdict } = answered;
  if (reading === null || verdict === 'wrong') return answered;
  return { ...answered, reading: { ...reading, text: '', comments: [] } };
}
