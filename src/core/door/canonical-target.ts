// One canonical request target before anything is routed: host and path in exactly one spelling, or a refusal. URL parsers and
// routers disagree about everything else, and every disagreement is a way around a guard. Owns no route. Pure.
import { err, ok, type Result } from '../base/result.ts';

export interface Target {
  readonly host: string;
  readonly path: string;
}

/** Whose requests are served: in `dev` loopback alone; elsewhere the listed hosts, or every well-formed one when none is listed. */
export interface HostPolicy {
  readonly loopbackOnly: boolean;
  readonly allowedHosts: readonly string[];
}

/** Longest target taken: longer ones are no request of ours, and every check below is linear in it. */
const urlCharsMax = 8_192;
const portMax = 65_535;
const urlPattern = /^https?:\/\/([^/?#\\]*)([^?#]*)(?:\?[^#]*)?$/;
const pathPattern = /^\/(?:[A-Za-z0-9_\-.~@:]+(?:\/[A-Za-z0-9_\-.~@:]+)*\/?)?$/;
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?$/;
const loopbackPattern = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/;

/** Splits the runtime's raw URL, which still carries what the client sent, and refuses what is not canonical: escapes in the path, dot
 * segments, empty segments, odd hosts. The query is left alone: no route is chosen by it. */
export function parseTarget(url: string): Result<Target, string> {
  if (url.length > urlCharsMax) return err('The request target is too long.');
  const match = urlPattern.exec(url);
  if (match === null) return err('The request target is not valid.');
  // A request line always has a path: where none is found, the host has swallowed it.
  const [, host = '', path = ''] = match;
  if (!isHost(host)) return err('The Host header is not valid.');
  if (!pathPattern.test(path))
    return err('The path may hold plain characters only: no escapes, no empty segments.');
  if (path.split('/').some((segment) => segment === '.' || segment === '..'))
    return err('The path may not hold dot segments.');
  return ok({ host, path });
}

/** Whether a host, with or without a port, is spelt as the door takes it: small letters, no user, no trailing dot. */
export function isHost(host: string): boolean {
  const match = hostPattern.exec(host);
  return match !== null && Number(match[1] ?? 0) <= portMax;
}

/** Whether a canonical host is one of ours. */
export function isServedHost({ loopbackOnly, allowedHosts }: HostPolicy, host: string): boolean {
  if (loopbackOnly) return loopbackPattern.test(host);
  return allowedHosts.length === 0 || allowedHosts.includes(host);
}
