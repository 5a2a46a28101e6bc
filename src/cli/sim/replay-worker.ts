// A thread that runs replays, one after the other, as it is asked. Knows nothing of what they are for.
import { parentPort } from 'node:worker_threads';
import { must } from '../../core/base/assert.ts';
import type { LoadedWorkload } from './read-workload.ts';
import { JobBench, type ReplayJob } from './replay-job.ts';

export type WorkerOrder =
  | { readonly kind: 'workload'; readonly name: string; readonly workload: LoadedWorkload }
  | { readonly kind: 'job'; readonly at: number; readonly job: ReplayJob };

const port = must(parentPort, 'a thread to belong to');
const bench = new JobBench();

port.on('message', (order: WorkerOrder) => {
  if (order.kind === 'workload') bench.add(order.name, order.workload);
  else port.postMessage({ at: order.at, ...bench.perform(order.job) });
});
