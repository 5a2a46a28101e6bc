// What an isolate has served of one pool and not yet told it: uses of kept slots by tenant, and how long requests held their slots. Owns
// that nothing is told twice, and the bound of what is told at once.
import type { ServedTime, TenantCount } from './pool-events.ts';

/** Tenants named in one beat, those who used a slot first; the uses of all others are told without a name. */
export const beatTenantsMax = 32;

const nothingServed: Required<ServedTime> = { ended: 0, heldMs: 0, answered: 0, answeredMs: 0 };

export class UseCount {
  readonly #reused = new Map<string, number>();
  #served = nothingServed;

  /** Uses of kept slots. */
  get reused(): number {
    let count = 0;
    for (const each of this.#reused.values()) count += each;
    return count;
  }

  countReuse(tenant: string, count: number): void {
    const named = this.#reused.has(tenant) || this.#reused.size < beatTenantsMax - 1 ? tenant : '';
    this.#reused.set(named, (this.#reused.get(named) ?? 0) + count);
  }

  takeReuses(): { readonly reused: number; readonly tenants: readonly TenantCount[] } {
    const tenants = [...this.#reused].map(([tenant, count]) => ({ tenant, count }));
    const { reused } = this;
    this.#reused.clear();
    return { reused, tenants };
  }

  /** A slot that was given back in the moment in which it came served nothing. */
  countServed({ ended, heldMs, answered = 0, answeredMs = 0 }: ServedTime): void {
    if (heldMs <= 0) return;
    this.#served = {
      ended: this.#served.ended + ended,
      heldMs: this.#served.heldMs + heldMs,
      answered: this.#served.answered + answered,
      answeredMs: this.#served.answeredMs + answeredMs,
    };
  }

  /** Nothing when nothing has ended: as part of what is told. */
  takeServed(): { readonly served?: ServedTime } {
    const served = this.#served;
    this.#served = nothingServed;
    return served.ended === 0 ? {} : { served };
  }
}
