// How much the pools of a scenario can do, found out in the same run in which it is used: with a few more clients than slots, each of which
// asks again as soon as it is answered.
import type { Ask } from './ask.ts';
import { runClosedLoop } from './closed-loop.ts';

export interface CapacityOptions {
  readonly port: number;
  readonly slots: number;
  readonly durationMs: number;
  readonly ask: (index: number) => Ask;
}

/** So that a slot that becomes free is taken at once, and nobody waits for long. */
const CLIENTS_PER_SLOT = 1.25;
const WARM_UP_MS = 1_500;

/** Complete correct answers a second. */
export async function measureCapacity(options: CapacityOptions): Promise<number> {
  const { port, slots, durationMs, ask } = options;
  const clients = Math.ceil(slots * CLIENTS_PER_SLOT);
  return (await runClosedLoop({ port, clients, durationMs, warmUpMs: WARM_UP_MS, ask })).perSecond;
}
