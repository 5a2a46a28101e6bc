// How many GPUs a container has, as Modal spells it: `H100` one, `A100-80GB:2` two. Pure.
export function countGpus(gpu: string): number {
  return Number(gpu.split(':')[1] ?? 1);
}
