// What is told, while an outage is watched, of requests that got no answer: what the gateway's events and pools say of them. No check goes by it.
import type { PoolsReply } from '../../../src/core/pool/pool-view.ts';
import type { Answered } from '../load/send.ts';
import type { RigStack } from '../stack/stack.ts';
import { readEvents } from '../stack/worker-log.ts';

/** Enough to see a pattern. */
const TOLD_MAX = 6;

/** One line each for the first that went wrong and the slowest, and one for each pool. */
export async function tellTale(stack: RigStack, answers: readonly Answered[]): Promise<readonly string[]> {
  const events = new Map(readEvents(stack.workerLog).map((event) => [event.requestId, event]));
  const beganMs = Math.min(...answers.map(({ intendedMs }) => intendedMs));
  const tell = ({ ask, verdict, reading, intendedMs, tookMs, labels }: Answered): string => {
    const said = events.get(labels['x-request-id'] ?? '') ?? 'no event';
    const kind = `${ask.model}${ask.stream ? ', streamed' : ''}`;
    return `${verdict} ${reading?.error ?? ''} (${kind}) at ${Math.round(intendedMs - beganMs)} after ${Math.round(tookMs)} ms: ${JSON.stringify(said)}`;
  };
  const bad = answers.filter(({ verdict }) => verdict !== 'ok').slice(0, TOLD_MAX);
  const slow = answers.filter(({ verdict }) => verdict === 'ok').toSorted((a, b) => b.tookMs - a.tookMs);
  return [...[...bad, ...slow.slice(0, 2)].map(tell), ...(await stack.pools()).flatMap(tellPool)];
}

export function tellPool({
  version,
  counts,
  inFlightMax,
  queue,
  requests,
  backoff,
  circuit,
  replicas,
}: PoolsReply['pools'][number]): readonly string[] {
  if (requests.served === 0) return [];
  const circuits = replicas.map(({ phase, circuit: own }) => `${phase} ${own?.phase ?? ''}`).join(', ');
  const last = circuit.history.at(-1)?.detail ?? 'never open';
  return [
    `${version}: ${counts.hot} hot, ${inFlightMax} at once, ${queue.waiting} wait, ${requests.served} served, ${requests.failed} failed; ${circuit.phase} (${last}); ${circuits}; ${backoff?.reason ?? 'no backoff'}`,
  ];
}
