// What the Worker has said of its requests: the wide events in its log. Read after a run, so that reading them costs the run nothing.
import { readFileSync } from 'node:fs';
import type { RequestEvent } from '../../../src/telemetry/request-event.ts';

export function readEvents(file: string): readonly RequestEvent[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (!line.startsWith('{"kind":"request"')) return [];
      try {
        return [JSON.parse(line) as RequestEvent];
      } catch {
        // The last line of a Worker that was ended.
        return [];
      }
    });
}

/** Requests of clients, and how many times model servers were asked for them. */
export function countAttempts(events: readonly RequestEvent[]): {
  readonly requests: number;
  readonly attempts: number;
} {
  const asked = events.filter(({ path }) => path === '/v1/chat/completions');
  const requests = asked.reduce((sum, event) => sum + event.requests, 0);
  return { requests, attempts: asked.reduce((sum, { attempts }) => sum + attempts, 0) };
}

/** Requests with an answer of the gateway's that have no event of their own, or more than one. */
export function countUnaccounted(events: readonly RequestEvent[], requestIds: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const { requestId } of events) counts.set(requestId, (counts.get(requestId) ?? 0) + 1);
  return requestIds.filter((id) => counts.get(id) !== 1).length;
}
