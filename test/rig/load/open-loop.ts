// Open-loop load: requests go out when they are due, whether or not earlier ones have been answered, and count from that moment. Owns the
// schedule, the bound on connections, and what the generator itself has used.
import { Agent } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { Ask } from './ask.ts';
import { drawArrivals, type Arrivals } from './arrivals.ts';
import { GeneratorMeter, type GeneratorUse } from './generator-use.ts';
import { send, type Answered, type Target } from './send.ts';

/** Far more than the answers of any scenario need at a time; what is beyond waits, and the wait counts. */
const CONNECTIONS_MAX = 4_000;
/** When many are due at once, answers are read after each so many that were sent. */
const BURST_MAX = 16;
const PROGRESS_MS = 15_000;
/** Of each answer: those that label it come first. */
const COMMENTS_KEPT = 2;

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
  /** Called with the end of each try, those of retries included. */
  readonly onTry?: (tried: Answered) => void;
  /** Called now and then in a long run. */
  readonly onProgress?: (line: string) => void;
  /** False: nothing is kept, `onAnswered` is all that hears of it. */
  readonly keeps?: boolean;
  /** Ends the arrivals early. */
  readonly until?: AbortSignal;
}

export interface LoadOutcome {
  readonly answers: readonly Answered[];
  /** Requests that were due, each of which has come to an end. */
  readonly due: number;
  /** Requests on the wire, retries of clients included. */
  readonly sent: number;
  readonly startedMs: number;
  readonly use: GeneratorUse;
}

const RETRIED: ReadonlySet<Answered['verdict']> = new Set(['refused', 'lost', 'failed']);

/** Throws when a request that was due has no end: the counts of the run would be wrong. */
export async function runOpenLoop(options: LoadOptions): Promise<LoadOutcome> {
  const draw = makeRng(options.seed);
  const askDraw = makeRng(options.seed + 1);
  const target: Target = { port: options.port, agent: newAgent() };
  const answers: Answered[] = [];
  const open = new Set<Promise<void>>();
  const meter = new GeneratorMeter();
  let [sent, ended] = [0, 0];
  const startedMs = performance.now();
  const one = async (index: number, intendedMs: number): Promise<void> => {
    const ask = options.ask(index, askDraw);
    for (let tries = 0; ; tries += 1) {
      sent += 1;
      const answered = await send(target, ask, { intendedMs, isRetry: tries > 0 }).answered;
      options.onTry?.(answered);
      const mayRetry = tries < (options.retries ?? 0) && answered.tookMs < ask.limitMs;
      if (mayRetry && RETRIED.has(answered.verdict)) continue;
      ended += 1;
      if (options.keeps !== false) answers.push(slim(answered));
      return options.onAnswered?.(answered);
    }
  };
  let index = 0;
  let saidMs = startedMs;
  const isOver = (): boolean => options.until?.aborted === true;
  for (const atMs of drawArrivals(options.arrivals, draw)) {
    const dueMs = startedMs + atMs;
    if (index % BURST_MAX === 0) await turn();
    while (performance.now() < dueMs && !isOver()) await nap(dueMs - performance.now());
    if (isOver()) break;
    const work = one(index, dueMs).finally(() => open.delete(work));
    open.add(work);
    index += 1;
    if (dueMs - saidMs >= PROGRESS_MS) {
      saidMs = dueMs;
      const of = `${(atMs / 1_000).toFixed(0)} of ${(options.arrivals.durationMs / 1_000).toFixed(0)} s`;
      options.onProgress?.(`${of}: ${index} sent, ${ended} ended`);
    }
  }
  const use = meter.read();
  await Promise.all(open);
  target.agent.destroy();
  if (ended !== index) throw new Error(`${index} requests were due, ${ended} have come to an end`);
  return { answers, due: index, sent, startedMs, use };
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
  const comments = reading.comments.filter((comment) => comment !== 'keep-alive').slice(0, COMMENTS_KEPT);
  return { ...answered, reading: { ...reading, text: '', comments } };
}
