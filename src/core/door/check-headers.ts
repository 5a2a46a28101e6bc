// What a request's headers must be before anybody acts on them: few and small, one bearer token, plain JSON. Each check says which
// failure the client gets. Knows no tenant and reads no body. Pure.
import { err, ok, type Result } from '../base/result.ts';
import type { Failure } from '../api/failure.ts';

export interface HeaderBounds {
  readonly headersMax: number;
  readonly headerBytesMax: number;
}

/** A token as RFC 6750 spells it. Several headers of one name arrive joined by a comma, which no token contains. */
const bearerPattern = /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/;
const jsonPattern = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-?8|"utf-?8")[ \t]*)?$/i;

/** Bounds the number of headers and the bytes of them all: the runtime's own limits are far above any real request. */
export function checkHeaderSize(
  headers: Iterable<readonly [name: string, value: string]>,
  { headersMax, headerBytesMax }: HeaderBounds,
): Result<null, Failure> {
  let count = 0;
  let bytes = 0;
  for (const [name, value] of headers) {
    count += 1;
    bytes += name.length + value.length;
    if (count > headersMax || bytes > headerBytesMax) {
      return err({ kind: 'headers-too-large', bytesMax: headerBytesMax, headersMax });
    }
  }
  return ok(null);
}

/** The one token of `Authorization: Bearer <token>`; everything else, also two of them, is no token. */
export function parseBearer(authorization: string | null): Result<string, Failure> {
  const match = bearerPattern.exec(authorization ?? '');
  return match?.[1] === undefined ? err({ kind: 'no-key' }) : ok(match[1]);
}

/** Bodies are JSON in UTF-8, not compressed: the bound on bytes would say nothing of what a compressed body unfolds to. */
export function checkMediaType(contentType: string | null, encoding: string | null): Result<null, Failure> {
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    return err({ kind: 'unsupported-encoding' });
  if (contentType !== null && jsonPattern.test(contentType)) return ok(null);
  const message = 'Send the body as "Content-Type: application/json".';
  return err({ kind: 'unsupported-media-type', message });
}
