import { useEffect, useRef, useState } from 'react';
import { useCredentials, type Credentials } from './credentials.ts';
import { Overview } from './overview.tsx';
import type { Place } from './place.ts';
import { Playground } from './playground.tsx';
import { PoolDetail } from './pool-detail.tsx';
import { linkToPool } from './pool-link.ts';
import { linkToRun, linkToRuns } from './run-link.ts';
import { RunPage } from './run-page.tsx';
import { RunsPage } from './runs-page.tsx';
import { SignIn } from './sign-in.tsx';
import { usePlace } from './use-place.ts';
import { usePools } from './use-pools.ts';

export function App() {
  const { credentials, environment, save } = useCredentials();
  const place = usePlace();
  const [open, setOpen] = useState(false);
  useFocusOnReturn(place);
  return (
    <>
      <header className="top">
        <h1>
          <img src="/flame.svg" alt="" width="28" height="28" /> Pilotlight
        </h1>
        {environment !== null && <span className="environment">{environment}</span>}
        <nav aria-label="pages">
          <a href="#" aria-current={currentIn(place, 'pools', 'pool')}>
            Pools
          </a>
          <a href={linkToRuns} aria-current={currentIn(place, 'runs', 'run')}>
            Runs
          </a>
        </nav>
        <button type="button" className="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          Keys
        </button>
      </header>
      {(open || (environment !== null && credentials.admin === '')) && (
        <SignIn credentials={credentials} dev={environment === 'dev'} onSave={save} />
      )}
      <main>
        <PlaceView place={place} credentials={credentials} />
      </main>
    </>
  );
}

function PlaceView({ place, credentials }: { readonly place: Place; readonly credentials: Credentials }) {
  // Asked for in every place: the pools' history goes on while one looks elsewhere.
  const pools = usePools(credentials.admin, place.kind === 'pools');
  switch (place.kind) {
    case 'pools':
      return (
        <>
          <Overview {...pools} token={credentials.admin} />
          <Playground apiKey={credentials.key} />
        </>
      );
    case 'pool':
      return (
        <>
          <PoolDetail key={place.pool} pool={place.pool} token={credentials.admin} />
          <Playground apiKey={credentials.key} />
        </>
      );
    case 'runs':
      return <RunsPage apiKey={credentials.key} />;
    case 'run':
      return <RunPage key={place.run} run={place.run} apiKey={credentials.key} />;
    default:
      return place satisfies never;
  }
}

/** Whether a page is the one that is shown, or one below it is. */
function currentIn(place: Place, list: Place['kind'], detail: Place['kind']): 'page' | 'true' | undefined {
  return place.kind === list ? 'page' : place.kind === detail ? 'true' : undefined;
}

/** Who comes back from a detail finds the keyboard at the link that led there. */
function useFocusOnReturn(place: Place): void {
  const before = useRef(place);
  useEffect(() => {
    const link = linkBackTo(before.current);
    before.current = place;
    return link === null || linkBackTo(place) !== null ? undefined : focusWhenThere(`a[href="${link}"]`);
  }, [place]);
}

function linkBackTo(place: Place): string | null {
  if (place.kind === 'pool') return linkToPool(place.pool);
  return place.kind === 'run' ? linkToRun(place.run) : null;
}

/** A list may not have heard of it yet; whoever has gone on meanwhile is left alone. */
function focusWhenThere(selector: string): () => void {
  const focus = (): boolean => {
    const found = document.querySelector<HTMLElement>(selector);
    found?.focus();
    return found !== null;
  };
  const observer = new MutationObserver(() => {
    if (document.activeElement !== document.body || focus()) observer.disconnect();
  });
  if (!focus()) observer.observe(document.body, { childList: true, subtree: true });
  return () => observer.disconnect();
}
