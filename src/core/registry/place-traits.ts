// What the place of a version is for whoever plans and pays, by how the version is launched. The one switch over launches that the core has:
// what a backend can do beyond this stays with it. Pure.
import type { Launch } from './model.ts';
import type { PriceList } from './price-table.ts';

export interface PlaceTraits {
  /** By which published prices a replica is paid. */
  readonly prices: PriceList;
  /** As `parseGpu` reads it; null where the launch does not say. */
  readonly gpu: string | null;
  /** Whether a replica can give its weights back and be there sooner than a new one. */
  readonly parks: boolean;
  /** Always there, paid by use: nothing is loaded, prewarmed or kept. */
  readonly isFixed: boolean;
  /** Scales by itself and keeps a buffer beside its floor, which follows the plan. */
  readonly bursts: boolean;
}

const local: PlaceTraits = { prices: 'local', gpu: null, parks: true, isFixed: false, bursts: false };

export function traitsOf(launch: Launch): PlaceTraits {
  switch (launch.kind) {
    case 'llama':
    case 'embedder':
    case 'paced':
      return local;
    case 'command':
      // A foreign program that speaks only the OpenAI API cannot give its weights back.
      return { ...local, parks: launch.protocol !== undefined };
    case 'modal-sandbox':
      return { ...local, prices: 'modal', gpu: launch.gpu };
    case 'modal-function':
      // A place that scales by itself parks nothing on command. A buffer that the model's file names is obeyed, and never moved.
      return {
        prices: 'modal-function',
        gpu: launch.gpu,
        parks: false,
        isFixed: false,
        bursts: launch.buffer === null,
      };
    case 'kubernetes':
      return { prices: 'kubernetes', gpu: launch.gpu, parks: false, isFixed: false, bursts: false };
    case 'runpod':
      return { prices: 'runpod', gpu: null, parks: false, isFixed: false, bursts: false };
    case 'openai':
    case 'workers-ai':
      return { prices: 'fixed', gpu: null, parks: false, isFixed: true, bursts: false };
  }
}
