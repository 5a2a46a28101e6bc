// Gives a version the figures of money and time that its file leaves out: published ones, with their source. What the file says is obeyed.
// Pure.
import type { Launch, ModelVersion } from './model.ts';
import { traitsOf } from './place-traits.ts';
import { hotPriceOf, priceSourceOf, priceTable, type Source } from './price-table.ts';

const figures = ['hotMicrosPerSecond', 'parkedMicrosPerSecond', 'loadGuessMs', 'wakeGuessMs'] as const;
type Figure = (typeof figures)[number];

export type Economics = Pick<ModelVersion, Figure | 'economicsFrom'>;
type Given = { readonly [Name in Figure]?: number | undefined };

export function fillEconomics<T extends Given & { readonly launch: Launch }>(version: T): T & Economics {
  const { prices, gpu } = traitsOf(version.launch);
  const list = priceTable[prices];
  const hot = version.hotMicrosPerSecond ?? hotPriceOf(prices, gpu);
  const isPriced = version.hotMicrosPerSecond !== undefined;
  const isTimed = version.loadGuessMs !== undefined;
  const inFile = 'the model file';
  return {
    ...version,
    hotMicrosPerSecond: hot,
    // A share of what this replica really costs, wherever that was said.
    parkedMicrosPerSecond: version.parkedMicrosPerSecond ?? hot * list.parkedShare,
    loadGuessMs: version.loadGuessMs ?? list.loadMs,
    wakeGuessMs: version.wakeGuessMs ?? list.wakeMs,
    ...(!(isPriced && isTimed) && {
      economicsFrom: {
        price: isPriced ? inFile : sayFrom(priceSourceOf(prices, gpu)),
        times: isTimed ? inFile : sayFrom(list.timesSource),
      },
    }),
  };
}

function sayFrom(source: Source | null): string {
  return source === null ? 'assumed' : `${source.url} (${source.read})`;
}
