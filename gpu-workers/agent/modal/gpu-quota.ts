// The GPUs that all drivers of one account share. Owns the sum alone: each driver counts its own.

/** How many GPUs a container has, as Modal spells it: `H100` one, `A100-80GB:2` two. */
export function countGpus(gpu: string): number {
  return Number(gpu.split(':')[1] ?? 1);
}

export class GpuQuota {
  readonly gpusMax: number;
  readonly #users: (() => number)[] = [];

  constructor(gpusMax: number) {
    this.gpusMax = gpusMax;
  }

  get used(): number {
    return this.#users.reduce((sum, use) => sum + use(), 0);
  }

  /** `use` tells what this user has now. Gives what it may have, all in all, beside the others. */
  join(use: () => number): () => number {
    this.#users.push(use);
    return () => Math.max(0, this.gpusMax - (this.used - use()));
  }
}
