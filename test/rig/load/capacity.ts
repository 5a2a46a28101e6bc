// How much the pools of a scenario can do, found out in the same run in which it is used: with twice as many clients as slots, each of which
// asks again as soon as it is answered.
import type { Ask } from './ask.ts';
import { runClosedLoop } from './closed-loop.ts';

export interface CapacityOptions {
  readonly port: number;
  readonly slots: number;
  readonly durationMs: number;
  readonly ask: (index: number) => Ask;
}

/** With fewer the slots stand empty while a client comes back, and what is found is how long that takes. */
const CLIENTS_PER_SLOT = 2;
const WARM_UP_MS = 1_500;

/** Complete correct answers a second. */
export async function measureCapacity(options: CapacityOptions): Promise<number> {
  const { port, slots, durationMs, ask } = options;
  const clients = Math.ceil(slots * CLIENTS_PER_SLOT);
  return (await runClosedLoop({ port, clients, durationMs, warmUpMs: WARM_UP_MS, ask })).perSecond;
}
