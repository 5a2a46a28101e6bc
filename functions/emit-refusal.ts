// Writes the events of requests that were turned away: those that are alike are counted for a second and written as one. Owns who counts:
// the first of them, after its response.
import { countMs, RefusalCount } from '../src/telemetry/refusal-count.ts';
import type { RequestEvent } from '../src/telemetry/request-event.ts';
import type { Lifetime } from '../src/hosts/worker-ports.ts';
import type { AppDeps } from './app-deps.ts';

/** Of this isolate; holds plain data only. */
const refusals = new RefusalCount();

export function emitRefusal(
  event: RequestEvent,
  { emit, now }: Pick<AppDeps, 'emit' | 'now'>,
  lifetime: Lifetime,
): void {
  const { event: first, begun } = refusals.note(event, now());
  if (first !== null) emit(first);
  if (begun === null) return;
  const count = async (): Promise<void> => {
    await scheduler.wait(countMs);
    const rest = refusals.end(begun);
    if (rest !== null) emit(rest);
  };
  lifetime.waitUntil(count());
}
