// Time that a stalled process does not lose: timers and clock of a test go on by a millisecond for each turn of the event loop, so that
// sockets have their turn between any two of them. A deadline then means what it means on an idle machine, however busy this one is.
// Sockets, streams and vitest's own waits are real.
import { afterEach, beforeEach, vi } from 'vitest';

// The real ones, whatever a test has put in their place.
const { setTimeout: afterMs, setImmediate: afterSockets } = globalThis;

/** For every test of the file that calls it. Each of their milliseconds takes at least a real one. */
export function countTimeInTurns(): void {
  let stop = (): void => {};
  beforeEach(() => {
    stop = startTurns();
  });
  afterEach(() => stop());
}

/** For one piece of work. */
export async function inTurns<T>(work: () => Promise<T>): Promise<T> {
  const stop = startTurns();
  try {
    return await work();
  } finally {
    stop();
  }
}

function startTurns(): () => void {
  let isOn = true;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  const turn = (): void => {
    if (!isOn) return;
    vi.advanceTimersByTime(1);
    afterMs(afterSockets, 1, turn);
  };
  turn();
  return () => {
    isOn = false;
    vi.useRealTimers();
  };
}
