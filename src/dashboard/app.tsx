import { useEffect, useRef, useState } from 'react';
import { useCredentials } from './credentials.ts';
import { Overview } from './overview.tsx';
import { Playground } from './playground.tsx';
import { PoolDetail } from './pool-detail.tsx';
import { linkToPool } from './pool-link.ts';
import { SignIn } from './sign-in.tsx';
import { useOpenPool } from './use-open-pool.ts';
import { usePools } from './use-pools.ts';

export function App() {
  const { credentials, environment, save } = useCredentials();
  const pool = useOpenPool();
  const pools = usePools(credentials.admin, pool === null);
  const [open, setOpen] = useState(false);
  useFocusOnReturn(pool);
  return (
    <>
      <header className="top">
        <h1>
          <img src="/flame.svg" alt="" width="28" height="28" /> Pilotlight
        </h1>
        {environment !== null && <span className="environment">{environment}</span>}
        <button type="button" className="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          Keys
        </button>
      </header>
      {(open || (environment !== null && credentials.admin === '')) && (
        <SignIn credentials={credentials} dev={environment === 'dev'} onSave={save} />
      )}
      <main>
        {pool === null ? (
          <Overview {...pools} token={credentials.admin} />
        ) : (
          <PoolDetail key={pool} pool={pool} token={credentials.admin} />
        )}
        <Playground apiKey={credentials.key} />
      </main>
    </>
  );
}

/** Who comes back from a pool's detail finds the keyboard at that pool's card. */
function useFocusOnReturn(pool: string | null): void {
  const before = useRef(pool);
  useEffect(() => {
    if (pool === null && before.current !== null)
      document.querySelector<HTMLElement>(`a[href="${linkToPool(before.current)}"]`)?.focus();
    before.current = pool;
  }, [pool]);
}
