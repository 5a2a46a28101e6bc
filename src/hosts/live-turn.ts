// One attempt of a turn while it runs in this life of the object: gathers text into group commits. Owns no rows and no decision; it
// forgets everything when the object dies, as it must.
import type { TurnServed } from '../core/session/session-state.ts';
import type { SetTimer } from './session-ports.ts';

/** A commit costs a disk write, so text is written in groups: as long as a reader does not notice, or this many pieces. */
const GROUP_MS = 20;
const GROUP_PIECES_MAX = 32;

export class LiveTurn {
  readonly turn: string;
  readonly attempt: number;
  readonly abort = new AbortController();
  /** How the attempt is served, as far as it is known. */
  served: TurnServed | null = null;
  #pieces: string[] = [];
  #cancelTimer: (() => void) | null = null;
  readonly #commit: (text: string) => void;
  readonly #setTimer: SetTimer;

  constructor(
    ref: { readonly turn: string; readonly attempt: number },
    commit: (text: string) => void,
    setTimer: SetTimer,
  ) {
    this.turn = ref.turn;
    this.attempt = ref.attempt;
    this.#commit = commit;
    this.#setTimer = setTimer;
  }

  /** Takes a piece of text; it is committed with its group. */
  add(text: string): void {
    if (text === '' || this.abort.signal.aborted) return;
    this.#pieces.push(text);
    if (this.#pieces.length >= GROUP_PIECES_MAX) this.flush();
    else this.#cancelTimer ??= this.#setTimer(GROUP_MS, () => this.flush());
  }

  /** Commits what has been gathered. */
  flush(): void {
    const text = this.#pieces.join('');
    this.discard();
    // A row is UTF-8, in which half a surrogate pair cannot be written: it waits for its other half.
    const whole = endsInHalfPair(text) ? text.slice(0, -1) : text;
    if (whole.length < text.length) this.#pieces.push(text.slice(-1));
    if (whole !== '') this.#commit(whole);
  }

  /** The attempt has ended durably. What it still held belongs to the answer, or to nobody. */
  end(): void {
    this.discard();
    this.abort.abort();
  }

  /** Forgets text that is not committed yet. */
  discard(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#pieces = [];
  }
}

function endsInHalfPair(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
