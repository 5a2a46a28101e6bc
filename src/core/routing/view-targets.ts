// What routing knows of its targets: the catalogue's facts of each version beside what its pool said of late. Owns by which one figure
// versions are compared where rules ask for the cheapest. Pure.
import type { Catalogue, ModelVersion } from '../registry/model.ts';
import type { TargetView } from './route-question.ts';

/** Micro-dollars per million tokens, prompt and answer mixed as `inputShare` says. */
export type MixedPrice = number;

/** Three tokens of prompt to one of answer: how prices of two parts are commonly made one. */
const inputShare = 0.75;
/**
 * What a slot is taken to do where no price is given: a replica is paid by the second, whatever it says. The same for all, so that among
 * such versions the price of a slot decides; measured figures would change places with every breath of load.
 */
const inputMsPerToken = 1;
const outputMsPerToken = 20;

/** Every version that is served, and whatever else there is news of. `news`: by version id. */
export function viewTargets(
  { versions }: Pick<Catalogue, 'versions'>,
  news: ReadonlyMap<string, TargetView>,
): ReadonlyMap<string, TargetView> {
  const views = new Map(news);
  for (const version of versions) {
    const known = news.get(version.id) ?? unheardOf;
    const { contextTokens, tools } = version;
    views.set(version.id, {
      ...known,
      // It changes with each request that is placed; the views outlive many.
      get inFlight() {
        return known.inFlight;
      },
      price: mixedPrice(version),
      contextTokens: contextTokens ?? windowOf(version),
      tools: tools ?? null,
    });
  }
  return views;
}

export function mixedPrice({ task, price, hotMicrosPerSecond, slots }: ModelVersion): MixedPrice {
  // Nothing is written by what embeds.
  const share = task === 'embedding' ? 1 : inputShare;
  if (price !== undefined) return share * price.inputMicrosPerMTok + (1 - share) * price.outputMicrosPerMTok;
  const slotSeconds = 1_000 * (share * inputMsPerToken + (1 - share) * outputMsPerToken);
  return (slotSeconds * hotMicrosPerSecond) / slots;
}

function windowOf({ launch }: ModelVersion): number | null {
  return launch.kind === 'llama' ? launch.contextTokens : null;
}

const unheardOf: TargetView = {
  warmth: null,
  predictedWaitMs: null,
  firstTokenMsP50: null,
  firstTokenMsP95: null,
  inFlight: 0,
  slots: 0,
  price: null,
  contextTokens: null,
  tools: null,
  open: false,
};
