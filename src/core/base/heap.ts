// A binary heap: the event queue of the simulator. Ties are broken by order of insertion, so that runs repeat exactly.

interface Entry<T> {
  readonly key: number;
  readonly order: number;
  readonly value: T;
}

export class Heap<T> {
  readonly #entries: Entry<T>[] = [];
  #inserted = 0;

  get size(): number {
    return this.#entries.length;
  }

  push(key: number, value: T): void {
    const entry = { key, order: this.#inserted, value };
    this.#inserted += 1;
    this.#entries.push(entry);
    let at = this.#entries.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) break;
      at = parent;
    }
  }

  /** Removes the entry with the smallest key; undefined when empty. */
  pop(): { readonly key: number; readonly value: T } | undefined {
    const top = this.#entries[0];
    const last = this.#entries.pop();
    if (top === undefined || last === undefined || this.#entries.length === 0) return top;
    this.#entries[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#entries.length) break;
      const child = left + 1 < this.#entries.length && this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfBefore(child, at)) break;
      at = child;
    }
    return top;
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#entries[a], this.#entries[b]];
    if (x === undefined || y === undefined) return false;
    return x.key < y.key || (x.key === y.key && x.order < y.order);
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const [x, y] = [this.#entries[child], this.#entries[parent]];
    if (x === undefined || y === undefined || !this.#isBefore(child, parent)) return false;
    this.#entries[child] = y;
    this.#entries[parent] = x;
    return true;
  }
}
