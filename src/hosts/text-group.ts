// Words of one attempt on their way into the log, in groups: a commit costs a disk write. Owns the grouping; forgets everything when the
// object dies, as it must: what is not committed was seen by nobody.
import type { SetTimer } from './session-ports.ts';

/** As long as a reader does not notice, or this many pieces. */
const GROUP_MS = 20;
const GROUP_PIECES_MAX = 32;

export class TextGroup {
  #pieces: string[] = [];
  #cancelTimer: (() => void) | null = null;
  readonly #commit: (text: string) => void;
  readonly #setTimer: SetTimer;

  constructor(commit: (text: string) => void, setTimer: SetTimer) {
    this.#commit = commit;
    this.#setTimer = setTimer;
  }

  add(text: string): void {
    if (text === '') return;
    this.#pieces.push(text);
    if (this.#pieces.length >= GROUP_PIECES_MAX) this.flush();
    else this.#cancelTimer ??= this.#setTimer(GROUP_MS, () => this.flush());
  }

  /** Commits what is there, but for half a surrogate pair: a row is UTF-8, in which it cannot be written before its other half. */
  flush(): void {
    const text = this.#pieces.join('');
    this.discard();
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    if (isHalf) this.#pieces.push(text.slice(-1));
    const whole = isHalf ? text.slice(0, -1) : text;
    if (whole !== '') this.#commit(whole);
  }

  discard(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#pieces = [];
  }
}
