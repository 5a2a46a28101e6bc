// How index objects are named. Owns the two kinds of names, so that no tenant and index can be read as another pair: neither holds a slash.

export function indexName(tenant: string, name: string): string {
  return `${tenant}/${name}`;
}

/** The object that knows which indexes a tenant has. No index is called so. */
export function listName(tenant: string): string {
  return `${tenant}/*`;
}
