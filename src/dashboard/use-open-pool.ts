// Which pool's detail is open, as the address of the page says; going back in the browser closes it.
import { useEffect, useSyncExternalStore } from 'react';
import { poolOfHash } from './pool-link.ts';

export function useOpenPool(): string | null {
  const pool = useSyncExternalStore(subscribe, () => poolOfHash(location.hash));
  useEffect(() => {
    document.title = pool === null ? 'Pilotlight' : `${pool} · Pilotlight`;
  }, [pool]);
  return pool;
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}
