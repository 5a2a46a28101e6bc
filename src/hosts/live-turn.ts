// One attempt of a turn while it runs in this life of the object: gathers text into group commits and tells followers when
// something new is durable. Owns no rows and no decision; it forgets everything when the object dies, as it must.
import type { TurnServed } from '../core/session/session-state.ts';
import type { SetTimer } from './session-ports.ts';

/** A commit costs a disk write, so text is written in groups: as long as a reader does not notice, or this many pieces. */
const GROUP_MS = 20;
const GROUP_PIECES_MAX = 32;

/** Readers of one attempt at one time. A retry storm beyond it is refused instead of held in memory. */
export const FOLLOWERS_MAX = 256;

export class LiveTurn {
  readonly turn: string;
  readonly attempt: number;
  readonly abort = new AbortController();
  readonly ended: Promise<void>;
  /** How the attempt is served, as far as it is known. */
  served: TurnServed;
  followers = 0;
  #end: () => void = () => {};
  #pieces: string[] = [];
  #waiters: (() => void)[] = [];
  #cancelTimer: (() => void) | null = null;
  readonly #commit: (text: string) => void;
  readonly #setTimer: SetTimer;

  constructor(
    ref: { readonly turn: string; readonly attempt: number; readonly version: string },
    commit: (text: string) => void,
    setTimer: SetTimer,
  ) {
    this.turn = ref.turn;
    this.attempt = ref.attempt;
    this.served = { version: ref.version, warmth: null, waitMs: null };
    this.#commit = commit;
    this.#setTimer = setTimer;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Takes a piece of text; it is committed with its group. */
  add(text: string): void {
    if (text === '') return;
    this.#pieces.push(text);
    if (this.#pieces.length >= GROUP_PIECES_MAX) this.#flush();
    else this.#cancelTimer ??= this.#setTimer(GROUP_MS, () => this.#flush());
  }

  /** Resolves when something new is durable or the attempt has ended. Ask before reading, wait after: then nothing is missed. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Wakes the followers; called after a commit, never before it. */
  notify(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  /** The attempt has ended durably. What it still held belongs to the answer, or to nobody. */
  end(): void {
    this.discard();
    this.abort.abort();
    this.#end();
    this.notify();
  }

  /** Forgets text that is not committed yet. */
  discard(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#pieces = [];
  }

  #flush(): void {
    const text = this.#pieces.join('');
    this.discard();
    // A row is UTF-8, in which half a surrogate pair cannot be written: it waits for its other half.
    const whole = endsInHalfPair(text) ? text.slice(0, -1) : text;
    if (whole.length < text.length) this.#pieces.push(text.slice(-1));
    if (whole !== '') this.#commit(whole);
  }
}

function endsInHalfPair(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
