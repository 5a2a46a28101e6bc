import { useState } from 'react';
import { useCredentials } from './credentials.ts';
import { Playground } from './playground.tsx';
import { PoolCard } from './pool-card.tsx';
import { SignIn } from './sign-in.tsx';
import { Totals } from './totals.tsx';
import { usePools } from './use-pools.ts';

export function App() {
  const { credentials, environment, save } = useCredentials();
  const { reply, problem, history } = usePools(credentials.admin);
  const [open, setOpen] = useState(false);
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
        <section aria-labelledby="pools-title">
          <div className="section-head">
            <h2 id="pools-title">Pools</h2>
            {reply !== null && <Totals pools={reply.pools} />}
          </div>
          {problem !== null && (
            <p className="problem" role="alert">
              {problem}
            </p>
          )}
          {reply === null && problem === null && <p className="muted">Asking the pools…</p>}
          <div className="pools">
            {reply?.pools.map((pool) => (
              <PoolCard key={pool.pool} pool={pool} samples={history.get(pool.pool) ?? []} />
            ))}
          </div>
          {reply?.silent.map((name) => (
            <p key={name} className="problem">
              {name} does not answer.
            </p>
          ))}
        </section>
        <Playground apiKey={credentials.key} />
      </main>
    </>
  );
}
