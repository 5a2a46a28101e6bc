// The account that bounds the worst case: the learned policy may spend what plain ski-rental would have spent on the same traffic, times
// a ratio, and no more. When the account is empty ski-rental itself decides until it is filled again. Pure.
//
// The bound. Let A be what is paid and S what ski-rental would have paid. The account holds at most `cap` and pays in ratio x dS, out
// dA. While it is positive, A grows as it likes; when it is empty, ski-rental decides, whose dA = dS up to the replicas that were in
// another state at the switch, each of which costs at most one start and its wait more. Hence over every interval
//   A <= ratio x S + cap + (what one tick can overdraw) + (starts of the replicas in use at a switch),
// whatever the forecast says. S is priced on the loads as they were in this run: who had to wait keeps a replica busy for longer, so that
// ski-rental on its own would have seen slightly shorter ones (test/unit/warming/guard-attacks.test.ts measures by how much). And since an empty account must first earn `resume`, switches cannot come often.

export interface GuardLimits {
  /** What is paid may be this many times what ski-rental would pay. */
  readonly ratio: number;
  /** What may be saved up, and how much is needed to trust the forecast again, in the unit of the costs. */
  readonly cap: number;
  readonly resume: number;
}

export interface GuardSnapshot {
  readonly balance: number;
  readonly isTrusting: boolean;
  readonly paid: number;
  readonly shadow: number;
  readonly trips: number;
}

export class Guard {
  #limits: GuardLimits;
  #balance: number;
  /** What the account began with. */
  #granted: number;
  #isTrusting = true;
  #paid = 0;
  #shadow = 0;
  #trips = 0;

  constructor(limits: GuardLimits) {
    this.#limits = limits;
    this.#balance = limits.resume;
    this.#granted = limits.resume;
  }

  /** Other limits from now on: a dearer pool has come. What a guard of these limits begins with is made up for, once. */
  resize(limits: GuardLimits): void {
    const more = Math.max(0, limits.resume - this.#granted);
    this.#granted += more;
    this.#limits = limits;
    this.#balance = Math.min(limits.cap, this.#balance + more);
  }

  /** Whether the forecast decides; otherwise ski-rental does. */
  get isTrusting(): boolean {
    return this.#isTrusting;
  }

  /** How often ski-rental had to take over. */
  get trips(): number {
    return this.#trips;
  }

  get balance(): number {
    return this.#balance;
  }

  /** Books what has been paid, and what ski-rental would have paid, since the beginning. Totals that shrink book nothing. */
  book(paid: number, shadow: number): void {
    const { ratio, cap, resume } = this.#limits;
    if (ratio === Infinity || !Number.isFinite(paid) || !Number.isFinite(shadow)) return;
    const earned = ratio * Math.max(0, shadow - this.#shadow) - Math.max(0, paid - this.#paid);
    this.#paid = Math.max(this.#paid, paid);
    this.#shadow = Math.max(this.#shadow, shadow);
    this.#balance = Math.min(cap, this.#balance + earned);
    if (this.#isTrusting && this.#balance < 0) {
      this.#isTrusting = false;
      this.#trips += 1;
    } else if (!this.#isTrusting && this.#balance >= resume) this.#isTrusting = true;
  }

  /** Totals that were added up anew, with other prices: what comes is booked from here on, the account stays. */
  rebase(paid: number, shadow: number): void {
    if (!Number.isFinite(paid) || !Number.isFinite(shadow)) return;
    this.#paid = paid;
    this.#shadow = shadow;
  }

  snapshot(): GuardSnapshot {
    return {
      balance: this.#balance,
      isTrusting: this.#isTrusting,
      paid: this.#paid,
      shadow: this.#shadow,
      trips: this.#trips,
    };
  }

  restore(snapshot: GuardSnapshot): boolean {
    const { balance, isTrusting, paid, shadow, trips } = snapshot;
    if (![balance, paid, shadow, trips].every(Number.isFinite) || typeof isTrusting !== 'boolean')
      return false;
    this.#balance = Math.min(this.#limits.cap, balance);
    this.#isTrusting = isTrusting;
    this.#paid = paid;
    this.#shadow = shadow;
    this.#trips = trips;
    return true;
  }
}
