// Where in the page one is, as its address says. Pure.
import { poolOfHash } from './pool-link.ts';
import { linkToRuns, runOfHash } from './run-link.ts';

export type Place =
  | { readonly kind: 'pools' }
  | { readonly kind: 'pool'; readonly pool: string }
  | { readonly kind: 'runs' }
  | { readonly kind: 'run'; readonly run: string };

/** Whatever is no address of the page leads to the pools. */
export function placeOfHash(hash: string): Place {
  const pool = poolOfHash(hash);
  if (pool !== null) return { kind: 'pool', pool };
  const run = runOfHash(hash);
  if (run !== null) return { kind: 'run', run };
  return hash === linkToRuns ? { kind: 'runs' } : { kind: 'pools' };
}

export function titleOf(place: Place): string {
  const name =
    place.kind === 'pool'
      ? place.pool
      : place.kind === 'run'
        ? place.run
        : place.kind === 'runs'
          ? 'Runs'
          : null;
  return name === null ? 'Pilotlight' : `${name} · Pilotlight`;
}
