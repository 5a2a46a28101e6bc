// The newest events of a session in memory, so that fifty followers who are up to date do not read the same rows fifty times. Filled
// after each commit and never before it: it holds nothing that is not durable. Owns the change signal too.
import type { LogEvent } from '../core/session/log-event.ts';
import { renderSseFrame } from '../core/session/log-event.ts';
import type { SetTimer } from './session-ports.ts';

/** A few seconds of one stream; whoever is further behind reads rows. */
const EVENTS_MAX = 256;
const CHARS_MAX = 500_000;

export class RecentEvents {
  #events: LogEvent[] = [];
  #chars = 0;
  readonly #frames = new WeakMap<LogEvent, string>();
  #waiters = new Set<() => void>();
  readonly #setTimer: SetTimer;

  constructor(setTimer: SetTimer) {
    this.#setTimer = setTimer;
  }

  /** True at the next commit, false when the time is over first. With no await between a read and this, nothing is missed. */
  changed(delayMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#setTimer(delayMs, () => {
        this.#waiters.delete(wake);
        resolve(false);
      });
      const wake = (): void => {
        cancel();
        resolve(true);
      };
      this.#waiters.add(wake);
    });
  }

  /** Takes the events of a commit, in order. */
  push(events: readonly LogEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#chars += sizeOf(event);
    }
    let drop = 0;
    while (
      this.#events.length - drop > EVENTS_MAX ||
      (this.#chars > CHARS_MAX && drop < this.#events.length)
    ) {
      const gone = this.#events[drop];
      if (gone !== undefined) this.#chars -= sizeOf(gone);
      drop += 1;
    }
    if (drop > 0) this.#events.splice(0, drop);
  }

  /** Wakes everybody who waits. */
  notify(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  /** The events after `seq` if all of them are here; null when rows must be read. */
  after(seq: number): readonly LogEvent[] | null {
    const first = this.#events[0];
    if (first === undefined || seq + 1 < first.seq) return null;
    return this.#events.slice(seq + 1 - first.seq);
  }

  /** The event as server-sent event; written once for all followers. */
  frame(event: LogEvent): string {
    const known = this.#frames.get(event);
    if (known !== undefined) return known;
    const frame = renderSseFrame(event);
    this.#frames.set(event, frame);
    return frame;
  }

  clear(): void {
    this.#events = [];
    this.#chars = 0;
  }
}

function sizeOf({ fact }: LogEvent): number {
  if (fact.kind === 'text') return fact.text.length;
  return fact.kind === 'message' ? (fact.content?.length ?? 0) : 0;
}
