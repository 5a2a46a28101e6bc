// The address of a pool's detail within the page: `#pool/<name>`. Pure.

const prefix = '#pool/';
/** What pools are named with (`tiny-chat@1~local`): such a name needs no escapes, and the endpoint takes none. */
const poolPattern = /^[\w.@:-]{1,150}~[\w-]{1,50}$/;

export function linkToPool(pool: string): string {
  return `${prefix}${pool}`;
}

/** The pool that an address names; null for the overview and for whatever is no name of a pool. */
export function poolOfHash(hash: string): string | null {
  if (!hash.startsWith(prefix)) return null;
  // Some programs escape the `@` and the `~` of a link that is passed on.
  const name = hash.slice(prefix.length).replaceAll('%40', '@').replaceAll(/%7e/gi, '~');
  return poolPattern.test(name) ? name : null;
}
