// Bugs of overload protection: each takes one mechanism out of a copy of the source, or bends it.
import type { RigPlant } from '../scenario.ts';

export const overloadPlants: Readonly<Record<string, RigPlant>> = {
  /** A queue of ten thousand, and nobody looks at how much time those who wait have left. */
  'long-queue': {
    without: ['overload'],
    edits: [
      {
        file: 'src/core/resilience/deadline.ts',
        find: 'return left > 0 && left >= (needMs ?? 0);',
        replace: 'return left > -Infinity;',
      },
      {
        file: 'src/core/resilience/shed.ts',
        find: 'if (drainPerSecond === null || waitTargetMs === null) return queueMax;',
        replace: 'if (drainPerSecond !== undefined) return queueMax;',
      },
    ],
    breaks: ['overload.goodput*', 'overload.flat', 'overload.rejectMs*', 'overload.wasted'],
  },
  /** What the client says of its time is not read. */
  'deadline-ignored': {
    edits: [
      {
        file: 'src/core/resilience/deadline.ts',
        find: 'const said = header !== null && ',
        replace: 'const said = header !== null && nowMs < 0 && ',
      },
    ],
    breaks: ['overload.goodput*', 'overload.flat', 'overload.rejectMs*', 'overload.wasted'],
  },
  /** First come, first served, whoever they are. */
  'fifo-queue': {
    edits: [
      {
        file: 'src/core/resilience/fair-queue.ts',
        find: 'const slowMay = scene.slowHeld < slowSlotsMax(scene.slots, scene.quickSeen);',
        replace:
          'if (waiting.length >= 0) return waiting[0] ?? null;\n  const slowMay = scene.slowHeld < slowSlotsMax(scene.slots, scene.quickSeen);',
      },
      {
        file: 'src/core/resilience/shed.ts',
        find: 'let rank = newcomer === null ? 0 : rankOf(newcomer);',
        replace: 'if (newcomer !== null) return null;\n  let rank = 0;',
      },
    ],
    breaks: ['overload.neighbour'],
  },
  /** Every request that is to be refused asks the pool first, and the pool takes its time: what refusals in the isolate are for. */
  'no-early-refusal': {
    edits: [
      {
        file: 'src/core/resilience/early-refusal.ts',
        find: 'const refused = draw < excess;',
        replace: 'const refused = draw < excess - 2;',
      },
    ],
    breaks: ['overload.rejectMs*', 'overload.goodput*'],
  },
  /** A limit that has shrunk never grows again. */
  'limit-stuck': {
    edits: [
      {
        file: 'src/core/resilience/adaptive-limit.ts',
        find: 'limit: Math.min(known.limitMax, known.limit * (1 + (isPressed ? known.growth : unpressedGrowth))),',
        replace: 'limit: Math.max(1, known.limit * 0.9),',
      },
      // A pool lets its limit down only where it is plain that it has too much to do, and would not notice the other edit.
      {
        file: 'src/core/pool/pool-limit.ts',
        find: 'if (isBack || plainRow >= plainRowMin) return next;',
        replace: 'if (isBack || plainRow >= 0) return next;',
      },
    ],
    breaks: ['overload.goodput*', 'overload.ofSlots', 'overload.recoverySeconds'],
  },
};
