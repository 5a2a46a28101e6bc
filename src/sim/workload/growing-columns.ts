// The columns of a workload while its length is not known yet. Owns their growth alone; names and checks are the caller's.

export interface Row {
  readonly arrivalMs: number;
  readonly pool: number;
  readonly tenant: number;
  readonly execMs: number;
}

export interface Columns {
  readonly arrivalMs: Float64Array;
  readonly pool: Int32Array;
  readonly tenant: Int32Array;
  readonly execMs: Float64Array;
}

const lengthFirst = 1024;

export class GrowingColumns {
  count = 0;
  private arrivalMs = new Float64Array(lengthFirst);
  private execMs = new Float64Array(lengthFirst);
  private pool = new Int32Array(lengthFirst);
  private tenant = new Int32Array(lengthFirst);

  append(arrivalMs: number, pool: number, tenant: number, execMs: number): void {
    if (this.count === this.pool.length) this.grow();
    this.arrivalMs[this.count] = arrivalMs;
    this.execMs[this.count] = execMs;
    this.pool[this.count] = pool;
    this.tenant[this.count] = tenant;
    this.count += 1;
  }

  finish(): Columns {
    return {
      arrivalMs: this.arrivalMs.slice(0, this.count),
      execMs: this.execMs.slice(0, this.count),
      pool: this.pool.slice(0, this.count),
      tenant: this.tenant.slice(0, this.count),
    };
  }

  private grow(): void {
    this.arrivalMs = doubled(this.arrivalMs, new Float64Array(this.count * 2));
    this.execMs = doubled(this.execMs, new Float64Array(this.count * 2));
    this.pool = doubled(this.pool, new Int32Array(this.count * 2));
    this.tenant = doubled(this.tenant, new Int32Array(this.count * 2));
  }
}

function doubled<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
