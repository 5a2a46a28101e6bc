// Which request headers a rule may look at. An allow-list: credentials, cookies and whatever a proxy adds are never matched on, never
// kept and never explained. Pure.

const names: ReadonlySet<string> = new Set([
  'user-agent',
  'accept-language',
  'x-app',
  'x-app-version',
  'x-environment',
]);
/** Whatever a tenant wants to say to its own rules. */
const ownPrefix = 'x-route-';

/** Headers that one request brings to its rules, and characters of each: beyond, they are as if not sent. */
const headersMax = 16;
const valueCharsMax = 256;

export const routeHeadersInWords = `${[...names].join(', ')} and those that begin with ${ownPrefix}`;

/** Lower-case names alone, as `Headers` gives them. */
export function isRouteHeader(name: string): boolean {
  return names.has(name) || (name.startsWith(ownPrefix) && /^[a-z0-9-]{9,64}$/.test(name));
}

/** The part of a request's headers that rules may look at. */
export function pickRouteHeaders(
  headers: Iterable<readonly [string, string]>,
): Readonly<Record<string, string>> {
  const picked: [string, string][] = [];
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (value.length <= valueCharsMax && isRouteHeader(lower)) picked.push([lower, value]);
    if (picked.length === headersMax) break;
  }
  return Object.fromEntries(picked);
}
