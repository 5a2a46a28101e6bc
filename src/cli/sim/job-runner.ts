// Runs many replays on several threads and gives the results back in the order of the jobs, whatever thread was first: results do not
// depend on how many there are. Owns the threads.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { assert } from '../../core/base/assert.ts';
import type { Workload } from '../../sim/replay/workload.ts';
import type { Progress } from './progress.ts';
import type { LoadedWorkload } from './read-workload.ts';
import { JobBench, type JobResult, type ReplayJob } from './replay-job.ts';
import type { WorkerOrder } from './replay-worker.ts';

export const workersMax = 64;
const workersDefaultMax = 2;

export function defaultWorkers(): number {
  return Math.min(workersDefaultMax, availableParallelism());
}

export interface JobRunner {
  /** Jobs name workloads by the names given here. */
  add(name: string, workload: LoadedWorkload): void;
  run(jobs: readonly ReplayJob[], label: string): Promise<readonly JobResult[]>;
  close(): Promise<void>;
}

/** One worker means none: everything runs in the calling thread. */
export function makeRunner(workers: number, progress: Progress): JobRunner {
  return workers <= 1 ? runHere(progress) : new ThreadRunner(workers, progress);
}

function runHere(progress: Progress): JobRunner {
  const bench = new JobBench();
  return {
    add: (name, workload) => bench.add(name, workload),
    run(jobs, label) {
      const results = jobs.map((job, at) => {
        progress.tell(label, at, jobs.length);
        return bench.perform(job);
      });
      progress.tell(label, jobs.length, jobs.length);
      return Promise.resolve(results);
    },
    close: () => Promise.resolve(),
  };
}

/** One call of `run`: jobs that wait, results that came. */
interface Round {
  readonly jobs: readonly ReplayJob[];
  readonly label: string;
  readonly results: JobResult[];
  next: number;
  done: number;
  readonly resolve: (results: readonly JobResult[]) => void;
  readonly reject: (cause: Error) => void;
}

class ThreadRunner implements JobRunner {
  readonly #threads: readonly Worker[];
  readonly #progress: Progress;
  #round: Round | null = null;

  constructor(workers: number, progress: Progress) {
    this.#progress = progress;
    this.#threads = Array.from({ length: workers }, () => this.#open());
  }

  add(name: string, workload: LoadedWorkload): void {
    const shared: LoadedWorkload = {
      replay: shareColumns(workload.replay),
      history: workload.history === null ? null : shareColumns(workload.history),
    };
    for (const thread of this.#threads) order(thread, { kind: 'workload', name, workload: shared });
  }

  run(jobs: readonly ReplayJob[], label: string): Promise<readonly JobResult[]> {
    assert(this.#round === null, 'one round of jobs at a time');
    if (jobs.length === 0) return Promise.resolve([]);
    this.#progress.tell(label, 0, jobs.length);
    return new Promise((resolve, reject) => {
      const results: JobResult[] = Array.from({ length: jobs.length });
      this.#round = { jobs, label, results, next: 0, done: 0, resolve, reject };
      for (const thread of this.#threads) this.#feed(thread);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #open(): Worker {
    const thread = new Worker(new URL('replay-worker.ts', import.meta.url));
    thread.on('message', ({ at, ...result }: JobResult & { readonly at: number }) =>
      this.#take(thread, at, result),
    );
    thread.on('error', (cause) => {
      const round = this.#round;
      this.#round = null;
      round?.reject(new Error(`a replay failed: ${String(cause)}`, { cause }));
    });
    return thread;
  }

  #take(thread: Worker, at: number, result: JobResult): void {
    const round = this.#round;
    if (round === null) return;
    round.results[at] = result;
    round.done += 1;
    this.#progress.tell(round.label, round.done, round.jobs.length);
    if (round.done < round.jobs.length) return this.#feed(thread);
    this.#round = null;
    round.resolve(round.results);
  }

  #feed(thread: Worker): void {
    const round = this.#round;
    const job = round?.jobs[round.next];
    if (round === null || job === undefined) return;
    order(thread, { kind: 'job', at: round.next, job });
    round.next += 1;
  }
}

function order(thread: Worker, message: WorkerOrder): void {
  thread.postMessage(message);
}

/** All threads read the same memory: a workload is copied once, not once for each. */
function shareColumns(workload: Workload): Workload {
  const shareFloats = (from: Float64Array): Float64Array => {
    const to = new Float64Array(new SharedArrayBuffer(from.byteLength));
    to.set(from);
    return to;
  };
  const shareIntegers = (from: Int32Array): Int32Array => {
    const to = new Int32Array(new SharedArrayBuffer(from.byteLength));
    to.set(from);
    return to;
  };
  return {
    ...workload,
    arrivalMs: shareFloats(workload.arrivalMs),
    execMs: shareFloats(workload.execMs),
    pool: shareIntegers(workload.pool),
    tenant: shareIntegers(workload.tenant),
  };
}
