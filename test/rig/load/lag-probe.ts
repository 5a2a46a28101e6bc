// How late the load generator and the machine are, moment by moment: beside a load it asks a server that refuses at once. What a refusal of
// the gateway took, less what the nearest such probe took, is the gateway's own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { endChild } from '../../support/stack.ts';
import { steady } from './arrivals.ts';
import type { Ask } from './ask.ts';
import { runOpenLoop } from './open-loop.ts';

const PER_SECOND = 50;
const HOUR_MS = 3_600_000;

/** When a request was meant to be sent, and what it took from then on. */
export interface Timed {
  readonly intendedMs: number;
  readonly tookMs: number;
}

export class LagProbe {
  readonly #child: ChildProcess;
  readonly #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async open(): Promise<LagProbe> {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'null-server.ts')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new LagProbe(child, Number(line.toString()));
  }

  /** Begins at once; returns how to end it. The probes come in the order of their intended moments. */
  start(seed: number): () => Promise<readonly Timed[]> {
    const ender = new AbortController();
    const ask: Ask = { model: 'none', key: '', prompt: 'probe', stream: false, tokens: 1, limitMs: 10_000 };
    const load = runOpenLoop({
      port: this.#port,
      arrivals: steady(PER_SECOND, HOUR_MS),
      seed,
      ask: () => ask,
      until: ender.signal,
    });
    return async () => {
      ender.abort();
      const { answers } = await load;
      return answers.toSorted((a, b) => a.intendedMs - b.intendedMs);
    };
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    await endChild(this.#child);
  }
}

/** What each request took beyond the probe nearest to it in time, never less than nothing. `probes` are in order. */
export function beyondProbes(requests: readonly Timed[], probes: readonly Timed[]): readonly number[] {
  return requests.map(({ intendedMs, tookMs }) =>
    Math.max(0, tookMs - (nearest(probes, intendedMs)?.tookMs ?? 0)),
  );
}

function nearest(probes: readonly Timed[], atMs: number): Timed | undefined {
  let [low, high] = [0, probes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((probes[middle]?.intendedMs ?? Infinity) < atMs) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [probes[low - 1], probes[low]];
  if (before === undefined || after === undefined) return before ?? after;
  return atMs - before.intendedMs <= after.intendedMs - atMs ? before : after;
}
