// The end of what a process wrote to stderr, and the one line of it that tells an operator why it failed. Bounded. Pure.

/** Enough for the last line of any sensible error message. */
const charsMax = 4_000;
const reasonCharsMax = 500;

export class LastWords {
  #text = '';

  hear(text: string): void {
    this.#text = (this.#text + text).slice(-charsMax);
  }

  /** `how` it ended, and the last line that says something: a stack or the runtime's farewell says where, not why. */
  explain(how: string): string {
    const lines = this.#text.split('\n').map((line) => line.trim());
    const line = lines.findLast((each) => each !== '' && !noise.test(each));
    return line === undefined ? how : `${how}: ${line.slice(0, reasonCharsMax)}`;
  }
}

const noise = /^(at |Node\.js v|[{}^~|]+$)/;
