// Where in the page one is; going back in the browser leads back.
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { placeOfHash, titleOf, type Place } from './place.ts';

export function usePlace(): Place {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const place = useMemo(() => placeOfHash(hash), [hash]);
  useEffect(() => {
    document.title = titleOf(place);
  }, [place]);
  return place;
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}
