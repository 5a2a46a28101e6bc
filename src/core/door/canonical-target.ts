// One canonical request target before anything is routed: host and path in exactly one spelling, or a refusal. URL parsers and
// routers disagree about everything else, and every disagreement is a way around a guard. Pure.
import { err, ok, type Result } from '../base/result.ts';

export interface Target {
  readonly host: string;
  readonly path: string;
}

/** `url` is the runtime's own string, which still carries what the client sent. Longest target taken; longer ones are no request of ours. */
const urlCharsMax = 8_192;
const pathPattern = /^\/(?:[A-Za-z0-9_\-.~@:]+(?:\/[A-Za-z0-9_\-.~@:]+)*\/?)?$/;
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;

/** Splits the raw URL and refuses what is not canonical: escapes in the path, dot segments, empty segments, odd hosts. */
export function parseTarget(url: string): Result<Target, string> {
  if (url.length > urlCharsMax) return err('The request target is too long.');
  const match = /^https?:\/\/([^/?#\\]*)([^?#]*)(?:\?[^#]*)?$/.exec(url);
  // A request line always has a path: where none is found, the host has swallowed it.
  const [, host = '', path = ''] = match ?? [];
  if (match === null) return err('The request target is not valid.');
  if (!hostPattern.test(host)) return err('The Host header is not valid.');
  if (!pathPattern.test(path))
    return err('The path may hold plain characters only: no escapes, no empty segments.');
  if (path.split('/').some((segment) => segment === '.' || segment === '..'))
    return err('The path may not hold dot segments.');
  return ok({ host, path });
}

/** Whether a host is a form of loopback, with or without a port. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/.test(host);
}
