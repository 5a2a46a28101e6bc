// Whether a caller shows the key of this server: a tunnel's address is public.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Compares digests, so that neither length nor content shows in the time it takes. */
export function showsKey({ headers }: Pick<IncomingMessage, 'headers'>, key: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${key}`));
}
