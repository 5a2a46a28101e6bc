// Writes a state as a row of numbers and reads it back, with one check that the row is whole: what forecasters keep in a snapshot. Pure.

export class TapeWriter {
  readonly numbers: number[] = [];

  put(value: number): void {
    this.numbers.push(value);
  }

  putAll(values: Iterable<number>): void {
    for (const value of values) this.numbers.push(value);
  }
}

export class TapeReader {
  readonly #numbers: readonly number[];
  #at = 0;
  #short = false;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** Whether exactly everything was read and all of it were finite numbers. */
  get isWhole(): boolean {
    return !this.#short && this.#at === this.#numbers.length;
  }

  take(): number {
    const value = this.#numbers[this.#at];
    this.#at += 1;
    if (value !== undefined && Number.isFinite(value)) return value;
    this.#short = true;
    return 0;
  }

  takeInto(column: Float64Array): void {
    for (let at = 0; at < column.length; at += 1) column[at] = this.take();
  }
}
