// All deadlines of one request on one timer. Owns when something is due, not what it means. Moving a deadline to a later time costs an
// assignment: the timer fires at the old time, sees that nothing is due and sleeps on. A stream thus pays no timer per chunk.

export interface RelayClock<Name extends string> {
  /** Sets or moves a deadline; `Infinity` takes it away. */
  set(name: Name, dueMs: number): void;
  /** Nothing fires any more. */
  stop(): void;
}

/** The longest delay that timers take; a later deadline is reached in steps. */
const DELAY_MS_MAX = 2_147_483_647;

/** `onDue` is called once for each deadline that passes; the deadline is gone by then. */
export function makeRelayClock<Name extends string>(
  now: () => number,
  onDue: (name: Name) => void,
): RelayClock<Name> {
  const dues = new Map<Name, number>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let timerDueMs = Infinity;
  let stopped = false;

  const arm = (dueMs: number): void => {
    if (timer !== null) clearTimeout(timer);
    timerDueMs = dueMs;
    timer = dueMs === Infinity ? null : setTimeout(fire, Math.min(DELAY_MS_MAX, Math.max(0, dueMs - now())));
  };
  const fire = (): void => {
    timer = null;
    timerDueMs = Infinity;
    const at = now();
    for (const [name, dueMs] of dues) {
      if (dueMs > at || stopped) continue;
      dues.set(name, Infinity);
      onDue(name);
    }
    const next = Math.min(...dues.values());
    if (!stopped && next < timerDueMs) arm(next);
  };
  return {
    set: (name, dueMs) => {
      if (stopped) return;
      dues.set(name, dueMs);
      if (dueMs < timerDueMs) arm(dueMs);
    },
    stop: () => {
      stopped = true;
      arm(Infinity);
    },
  };
}
