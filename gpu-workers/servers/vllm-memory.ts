// Where the weights and the cache of a vLLM are while it sleeps and wakes, and whether it would answer sense. Owns the rules of its sleep
// mode as its documentation states them; no timers, no I/O.

export type MemoryTag = 'weights' | 'kv_cache';

/** `blank`: its memory was given back to it, and nobody has filled it. */
type Weights = 'loaded' | 'offloaded' | 'discarded' | 'blank';

export class VllmMemory {
  #weights: Weights = 'loaded';
  #hasCache = true;

  /** True until everything that was put to sleep is awake again. */
  get isSleeping(): boolean {
    return !this.#hasCache || this.#weights === 'offloaded' || this.#weights === 'discarded';
  }

  /** Of one that was woken from level 2 without its weights being read again, words are noise. */
  get makesSense(): boolean {
    return this.#weights === 'loaded';
  }

  get state(): 'awake' | 'weights_offloaded' | 'discard_all' {
    if (!this.isSleeping) return 'awake';
    return this.#weights === 'offloaded' ? 'weights_offloaded' : 'discard_all';
  }

  /** Level 1 moves the weights to the machine's memory, level 2 drops them; both forget the cache. */
  sleep(level: 1 | 2): void {
    if (this.isSleeping) return;
    this.#hasCache = false;
    this.#weights = level === 1 ? 'offloaded' : 'discarded';
  }

  /** What is awake stays as it is. */
  wake(tags: readonly MemoryTag[]): void {
    if (tags.includes('weights')) {
      if (this.#weights === 'offloaded') this.#weights = 'loaded';
      if (this.#weights === 'discarded') this.#weights = 'blank';
    }
    if (tags.includes('kv_cache')) this.#hasCache = true;
  }

  /** Reads the weights from disk into the memory that they have; false = they have none. */
  reload(): boolean {
    if (this.#weights === 'offloaded' || this.#weights === 'discarded') return false;
    this.#weights = 'loaded';
    return true;
  }
}
