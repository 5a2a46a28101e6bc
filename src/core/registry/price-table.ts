// Published prices of GPUs by place, and what loads and wakes were measured to take there: what a pool counts on where its model's file
// says nothing. Owns the figures and their sources (docs/backends.md shows the table). They are list prices on the day of reading, never
// asked for again: whoever pays other prices writes them into the model's file, and times are learned from the pool's own. Pure data.

export type PriceList = 'modal' | 'modal-function' | 'runpod' | 'kubernetes' | 'local' | 'fixed';

export interface Source {
  readonly url: string;
  /** The day on which it said so. */
  readonly read: string;
}

export interface PriceRow {
  readonly gpu: string;
  /** Micro-dollars a second of one GPU. */
  readonly microsPerSecond: number;
}

export interface Prices {
  readonly rows: readonly PriceRow[];
  /** Where the GPU is in no row, or the launch does not name one. */
  readonly otherwise: number;
  /**
   * Price of a parked second as a share of a hot one. 1 where a container holds its GPU whatever its server does: parking is then never
   * worth it, and the planner never parks. Loading costs what being hot costs in every list: a container is paid from its first second.
   */
  readonly parkedShare: number;
  readonly source: Source | null;
  readonly loadMs: number;
  readonly wakeMs: number;
  readonly timesSource: Source | null;
}

/** A processor and its memory on a rented machine, or next to it: what a replica costs where nobody names a GPU. */
const unnamed = 220;

const modalRows: readonly PriceRow[] = [
  { gpu: 'T4', microsPerSecond: 164 },
  { gpu: 'L4', microsPerSecond: 222 },
  { gpu: 'A10', microsPerSecond: 306 },
  { gpu: 'L40S', microsPerSecond: 542 },
  { gpu: 'A100-40GB', microsPerSecond: 583 },
  { gpu: 'A100-80GB', microsPerSecond: 694 },
  { gpu: 'H100', microsPerSecond: 1_097 },
  { gpu: 'B200', microsPerSecond: 1_736 },
];

/** Flex workers: those of the floor are cheaper by contract alone. */
const runpodRows: readonly PriceRow[] = [
  { gpu: 'RTX-4000', microsPerSecond: 160 },
  { gpu: 'A4000', microsPerSecond: 160 },
  { gpu: 'L4', microsPerSecond: 190 },
  { gpu: 'A5000', microsPerSecond: 190 },
  { gpu: 'RTX-4090', microsPerSecond: 310 },
  { gpu: 'A6000', microsPerSecond: 340 },
  { gpu: 'A40', microsPerSecond: 340 },
  { gpu: 'L40', microsPerSecond: 530 },
  { gpu: 'L40S', microsPerSecond: 530 },
  { gpu: 'A100-80GB', microsPerSecond: 760 },
  { gpu: 'H100', microsPerSecond: 1_160 },
  { gpu: 'H200', microsPerSecond: 1_550 },
  { gpu: 'B200', microsPerSecond: 2_400 },
];

/** A GPU of one's own cluster costs what its machine costs by the hour, here on demand from AWS, busy or not. */
const clusterRows: readonly PriceRow[] = [
  { gpu: 'A100-40GB', microsPerSecond: 762 },
  { gpu: 'A100-80GB', microsPerSecond: 953 },
  { gpu: 'H100', microsPerSecond: 1_911 },
];

const sleepMode: Source = { url: 'https://blog.vllm.ai/2025/10/26/sleep-mode.html', read: '2025-10-26' };
const modalPricing: Source = { url: 'https://modal.com/pricing', read: '2026-10-04' };

export const priceTable: Readonly<Record<PriceList, Prices>> = {
  /** Qwen3-30B on an A100: 47.4 s from nothing, 2.9 s from vLLM's sleep of level 1. The sandbox holds its GPU while it sleeps. */
  modal: {
    rows: modalRows,
    otherwise: unnamed,
    parkedShare: 1,
    source: modalPricing,
    loadMs: 47_400,
    wakeMs: 2_900,
    timesSource: sleepMode,
  },
  /** vLLM with snapshots of its memory: 460 s from nothing, 70 s from the snapshot. */
  'modal-function': {
    rows: modalRows,
    otherwise: unnamed,
    parkedShare: 1,
    source: modalPricing,
    loadMs: 70_000,
    wakeMs: 70_000,
    timesSource: { url: 'https://github.com/infinitylogesh/vllm-serverless', read: '2026-11-26' },
  },
  /** Times as those of the same server elsewhere: what RunPod publishes of its own (FlashBoot) holds only where a worker has just ended. */
  runpod: {
    rows: runpodRows,
    otherwise: unnamed,
    parkedShare: 1,
    source: {
      url: 'https://docs.runpod.io/serverless/endpoints/endpoint-configurations.md',
      read: '2026-11-26',
    },
    loadMs: 47_400,
    wakeMs: 47_400,
    timesSource: sleepMode,
  },
  /** A pod holds its GPU while its server sleeps. */
  kubernetes: {
    rows: clusterRows,
    otherwise: unnamed,
    parkedShare: 1,
    source: { url: 'https://github.com/datareceipts/data-receipts', read: '2026-11-09' },
    loadMs: 47_400,
    wakeMs: 2_900,
    timesSource: sleepMode,
  },
  /** Models small enough for a processor; weights that are given back leave a tenth of the memory behind, which nobody publishes. */
  local: {
    rows: [],
    otherwise: unnamed,
    parkedShare: 0.1,
    source: null,
    loadMs: 5_000,
    wakeMs: 500,
    timesSource: null,
  },
  /** Paid by the token, wherever it runs: a replica of it is the right to so many requests at once. */
  fixed: {
    rows: [],
    otherwise: 0,
    parkedShare: 0,
    source: null,
    loadMs: 1,
    wakeMs: 1,
    timesSource: null,
  },
};

export interface Gpu {
  readonly type: string;
  readonly count: number;
}

/** `H100` one, `A100-80GB:2` two. */
export function parseGpu(text: string): Gpu {
  const [type = '', count = '1'] = text.split(':');
  return { type, count: Number(count) };
}

/** Names for the same thing: Modal's `A100` is the small one, `A10G` is what AWS calls an A10. */
const sameAs: Readonly<Record<string, string>> = { A100: 'A100-40GB', A10G: 'A10' };

/** Price of one replica while it is hot or loads, in micro-dollars a second. */
export function hotPriceOf(list: PriceList, gpu: string | null): number {
  const { otherwise } = priceTable[list];
  return gpu === null ? otherwise : parseGpu(gpu).count * (rowOf(list, gpu)?.microsPerSecond ?? otherwise);
}

/** Who says so; null where nobody does: the price is then assumed. */
export function priceSourceOf(list: PriceList, gpu: string | null): Source | null {
  return gpu === null || rowOf(list, gpu) === undefined ? null : priceTable[list].source;
}

function rowOf(list: PriceList, gpu: string): PriceRow | undefined {
  const { type } = parseGpu(gpu.toUpperCase());
  const name = sameAs[type] ?? type;
  return priceTable[list].rows.find((row) => row.gpu === name);
}
