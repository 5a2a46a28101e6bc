// A second, slow fleet with fixed windows that shares no code with the replay: it walks the span step by step and counts, at each step,
// one unit for every replica that lives. What the two agree on is not a shared mistake. Times are counted in steps.

export interface SteppedRequest {
  readonly at: number;
  readonly exec: number;
  readonly pool: number;
}

export interface SteppedOptions {
  readonly requests: readonly SteppedRequest[];
  readonly queueing: 'own' | 'shared';
  readonly load: number;
  /** Null: this fleet cannot park. */
  readonly wake: number | null;
  readonly parkAfter: number;
  readonly stopAfter: number;
  readonly end: number;
}

export interface SteppedResult {
  readonly waits: readonly number[];
  readonly cold: number;
  readonly woken: number;
  readonly starts: number;
  readonly busy: number;
  readonly idle: number;
  readonly load: number;
  readonly parked: number;
}

interface Box {
  readonly pool: number;
  does: 'busy' | 'idle' | 'load' | 'parked';
  /** When it is free or ready; when it became idle. */
  until: number;
  idleFrom: number;
  owner: number | null;
  waking: boolean;
}

export function runSteppedFleet(options: SteppedOptions): SteppedResult {
  const world = new SteppedWorld(options);
  for (let now = 0; now <= options.end || world.isWorking(); now += 1) world.step(now);
  return world.result();
}

class SteppedWorld {
  readonly #options: SteppedOptions;
  readonly #waits: number[];
  readonly #units = { busy: 0, idle: 0, load: 0, parked: 0 };
  #boxes: Box[] = [];
  #queue: number[] = [];
  #next = 0;
  #cold = 0;
  #woken = 0;
  #starts = 0;

  constructor(options: SteppedOptions) {
    this.#options = options;
    this.#waits = options.requests.map(() => 0);
  }

  isWorking(): boolean {
    return this.#boxes.length > 0;
  }

  step(now: number): void {
    this.#settle(now);
    if (now === this.#options.end)
      this.#boxes = this.#boxes.filter((box) => box.does === 'busy' || box.does === 'load');
    while (this.#options.requests[this.#next]?.at === now) {
      this.#arrive(this.#next, now);
      this.#next += 1;
      this.#settle(now);
    }
    for (const box of this.#boxes) this.#units[box.does] += 1;
  }

  result(): SteppedResult {
    return {
      waits: this.#waits,
      cold: this.#cold,
      woken: this.#woken,
      starts: this.#starts,
      ...this.#units,
    };
  }

  #settle(now: number): void {
    for (;;) {
      const free = this.#boxes.find(
        (box) => (box.does === 'busy' || box.does === 'load') && box.until <= now,
      );
      if (free !== undefined) {
        this.#becomeFree(free, now);
        continue;
      }
      if (!this.#expire(now)) return;
    }
  }

  #becomeFree(box: Box, now: number): void {
    let request = box.owner;
    box.owner = null;
    box.waking = false;
    if (request === null) {
      request = this.#queue.find((each) => this.#request(each).pool === box.pool) ?? null;
      this.#queue = this.#queue.filter((each) => each !== request);
    }
    if (request !== null) this.#serve(box, request, now);
    else if (now >= this.#options.end) this.#boxes = this.#boxes.filter((each) => each !== box);
    else Object.assign(box, { does: 'idle', idleFrom: now });
  }

  /** Puts one replica away whose window has ended; false when there is none. */
  #expire(now: number): boolean {
    const { parkAfter, stopAfter, wake } = this.#options;
    const gone = this.#boxes.find((box) => isKept(box) && box.idleFrom + stopAfter <= now);
    if (gone !== undefined) {
      this.#boxes = this.#boxes.filter((box) => box !== gone);
      return true;
    }
    const parks = wake !== null && parkAfter < stopAfter;
    const cool = this.#boxes.find((box) => parks && box.does === 'idle' && box.idleFrom + parkAfter <= now);
    if (cool !== undefined) cool.does = 'parked';
    return cool !== undefined;
  }

  #arrive(request: number, now: number): void {
    const { queueing, load } = this.#options;
    const { pool } = this.#request(request);
    const idle = this.#latest(pool, 'idle');
    if (idle !== undefined) return this.#serve(idle, request, now);
    if (queueing === 'shared') {
      this.#queue.push(request);
      const loading = this.#boxes.filter((box) => box.pool === pool && box.does === 'load');
      const waiting = this.#queue.filter((each) => this.#request(each).pool === pool);
      if (loading.length >= waiting.length) {
        const first = loading.toSorted((a, b) => a.until - b.until)[0];
        return this.#count(first?.waking === true);
      }
    }
    const parked = this.#latest(pool, 'parked');
    const owner = queueing === 'own' ? request : null;
    this.#count(parked !== undefined);
    if (parked === undefined) {
      this.#starts += 1;
      this.#boxes.push({ pool, does: 'load', until: now + load, idleFrom: 0, owner, waking: false });
    } else {
      Object.assign(parked, { does: 'load', until: now + (this.#options.wake ?? 0), owner, waking: true });
    }
  }

  #serve(box: Box, request: number, now: number): void {
    const { at, exec } = this.#request(request);
    this.#waits[request] = now - at;
    Object.assign(box, { does: 'busy', until: now + exec });
  }

  #count(woken: boolean): void {
    if (woken) this.#woken += 1;
    else this.#cold += 1;
  }

  #latest(pool: number, does: 'idle' | 'parked'): Box | undefined {
    return this.#boxes
      .filter((box) => box.pool === pool && box.does === does)
      .toSorted((a, b) => b.idleFrom - a.idleFrom)[0];
  }

  #request(request: number): SteppedRequest {
    const found = this.#options.requests[request];
    if (found === undefined) throw new Error(`no request ${request}`);
    return found;
  }
}

function isKept(box: Box): boolean {
  return box.does === 'idle' || box.does === 'parked';
}
