// How long a request will hold its slot, as far as that matters to those behind it: quick work never waits behind slow work. Pure.

export type LatencyClass = 'quick' | 'slow';

/** A dialogue may say a thousand; what asks for so few is done while a dialogue begins. */
const quickTokensMax = 32;

export interface WorkShape {
  readonly task: 'chat' | 'embedding';
  /** Null when the request sets no limit. */
  readonly outputTokensMax: number | null;
}

export function latencyClassOf({ task, outputTokensMax }: WorkShape): LatencyClass {
  if (task === 'embedding') return 'quick';
  return outputTokensMax !== null && outputTokensMax <= quickTokensMax ? 'quick' : 'slow';
}

/** Slots that quick work may use and slow work may not: one in eight, where there are enough that one is not missed. */
const slotsPerReserve = 8;

/** How many slots slow work may hold of `slots`; all of them unless quick work was seen lately. */
export function slowSlotsMax(slots: number, quickSeen: boolean): number {
  return quickSeen ? slots - Math.floor(slots / slotsPerReserve) : slots;
}
