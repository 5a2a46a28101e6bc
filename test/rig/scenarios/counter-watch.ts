// What a model server has counted, looked at every few milliseconds while something is done to it: how many requests met it until it was left
// alone, and how it was asked again. Counted at the server, not at the gateway.
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounters, type RigReplica } from '../stack/replicas.ts';

/** What the target has counted at one moment. */
export interface Sample {
  readonly atMs: number;
  readonly requests: number;
  readonly inFlight: number;
}

const EVERY_MS = 8;
/** A target that got so few requests in this time at 50 a second is left alone but for probes ... */
const ALONE_MS = 300;
const ALONE_MAX = 2;
/** ... none of which comes as soon as this: else the last failure before it would pass for a probe. */
const NO_PROBE_MS = 100;

export class CounterWatch {
  readonly #samples: Sample[] = [];
  readonly #looking: Promise<void>;
  #isOn = true;

  constructor(replica: RigReplica) {
    this.#looking = this.#look(replica);
  }

  async end(): Promise<readonly Sample[]> {
    this.#isOn = false;
    await this.#looking;
    return this.#samples;
  }

  async #look(replica: RigReplica): Promise<void> {
    while (this.#isOn) {
      const counters = await readCounters(replica);
      if (counters !== null) {
        const { requests, inFlight } = counters;
        this.#samples.push({ atMs: performance.now(), requests, inFlight });
      }
      await sleep(EVERY_MS);
    }
  }
}

export interface Read {
  /** Requests that the target got until it was left alone. */
  readonly failures: number;
  readonly openMs: number;
  readonly probes: number;
  /** The most that it was asked at one time after that. */
  readonly probesAtOnce: number;
}

export interface Broken {
  readonly samples: readonly Sample[];
  readonly brokenMs: number;
  readonly wellMs: number;
}

export function readRound({ samples, brokenMs, wellMs }: Broken): Read {
  const broken = samples.filter(({ atMs }) => atMs >= brokenMs && atMs < wellMs);
  const before = samples.findLast(({ atMs }) => atMs < brokenMs)?.requests ?? 0;
  const firstHit = broken.find(({ requests }) => requests > before);
  const alone = broken.find((each) => isAloneFrom(broken, each));
  const last = broken.at(-1);
  if (firstHit === undefined || alone === undefined || last === undefined)
    return { failures: (last?.requests ?? 0) - before, openMs: Infinity, probes: 0, probesAtOnce: Infinity };
  // Those that were under way when it opened end in their own time; probes are counted after that.
  const settled = broken.find(({ atMs, inFlight }) => atMs > alone.atMs && inFlight === 0) ?? last;
  const later = broken.filter(({ atMs }) => atMs >= settled.atMs);
  return {
    failures: alone.requests - before,
    openMs: Math.max(0, alone.atMs - firstHit.atMs),
    probes: last.requests - settled.requests,
    probesAtOnce: mostAtOnce(later),
  };
}

function isAloneFrom(samples: readonly Sample[], from: Sample): boolean {
  const more = (withinMs: number): number => {
    const end = samples.find(({ atMs }) => atMs >= from.atMs + withinMs);
    return end === undefined ? Infinity : end.requests - from.requests;
  };
  return more(NO_PROBE_MS) === 0 && more(ALONE_MS) < ALONE_MAX;
}

/** Two that came between two looks were there at once, as far as anybody can tell: a probe that failed has a pause behind it. */
function mostAtOnce(samples: readonly Sample[]): number {
  let most = 0;
  let before = samples[0]?.requests ?? 0;
  for (const { requests, inFlight } of samples) {
    most = Math.max(most, inFlight, requests - before);
    before = requests;
  }
  return most;
}
