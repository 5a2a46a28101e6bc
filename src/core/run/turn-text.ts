// The text of a turn as a run's log tells it: words are added, and a segment takes back what an attempt said that did not count. Owns what
// a follower that has some of it already must hear. Mutable, without I/O.
import type { Json } from './json.ts';
import { isTerminal, textIn, type LogEntry } from './run-state.ts';

export type TextChange =
  | { readonly kind: 'add'; readonly text: string }
  /** The text goes on after its first `chars` UTF-16 units. */
  | { readonly kind: 'cut'; readonly chars: number; readonly reason: string };

export class TurnText {
  readonly #textOf: (output: Json) => string;
  readonly #begins = new Map<Json | undefined, number>();
  #whole = '';
  /** What the follower has from an earlier life, and how much of it is sure to be a beginning of the text. */
  #had: number;
  #hasCaughtUp: boolean;

  /** `had`: UTF-16 units that the follower has already; it takes them from the first batch of entries, which must begin the log. */
  constructor(had: number, textOf: (output: Json) => string) {
    this.#had = had;
    this.#hasCaughtUp = had === 0;
    this.#textOf = textOf;
  }

  /** The text so far; after the end of a run that has completed, its whole answer. */
  get whole(): string {
    return this.#whole;
  }

  take(entries: readonly LogEntry[]): readonly TextChange[] {
    const changes = entries.flatMap((entry) => this.#change(entry));
    if (this.#hasCaughtUp) return changes;
    return this.#catchUp(
      changes,
      entries.some(({ type }) => isTerminal(type)),
    );
  }

  /**
   * What an earlier life had heard is the text at some point of the log, nobody knows which. Nothing is told before the log has as much
   * text as that; then all beyond what no segment has touched is told anew.
   */
  #catchUp(changes: readonly TextChange[], isOver: boolean): readonly TextChange[] {
    for (const change of changes) if (change.kind === 'cut') this.#had = Math.min(this.#had, change.chars);
    if (this.#whole.length < this.#had && !isOver) return [];
    this.#hasCaughtUp = true;
    const known = Math.min(this.#had, this.#whole.length);
    const rest = this.#whole.slice(known);
    const cut: TextChange = { kind: 'cut', chars: known, reason: 'interrupted' };
    return rest === '' ? [cut] : [cut, { kind: 'add', text: rest }];
  }

  #change({ type, data }: LogEntry): readonly TextChange[] {
    if (type === 'text') {
      const step = data['step'];
      if (!this.#begins.has(step)) this.#begins.set(step, this.#whole.length);
      return this.#add(textIn(data, 'text'));
    }
    if (type === 'segment')
      return this.#cut(this.#begins.get(data['step']) ?? this.#whole.length, textIn(data, 'reason'));
    if (type !== 'run.completed') return [];
    const answer = this.#textOf(data['output'] ?? null);
    if (answer === '' || answer === this.#whole) return [];
    if (answer.startsWith(this.#whole)) return this.#add(answer.slice(this.#whole.length));
    return [...this.#cut(0, 'answer'), ...this.#add(answer)];
  }

  #add(text: string): readonly TextChange[] {
    this.#whole += text;
    return text === '' ? [] : [{ kind: 'add', text }];
  }

  #cut(chars: number, reason: string): readonly TextChange[] {
    if (chars >= this.#whole.length) return [];
    this.#whole = this.#whole.slice(0, chars);
    for (const [step, at] of this.#begins) if (at > chars) this.#begins.delete(step);
    return [{ kind: 'cut', chars, reason }];
  }
}
