// Tells record ids from other words. Pure.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/**
 * Whether a text is a record id: 15 characters with the shape that ids have, or 18 with the right checksum (three characters that say
 * which of the first 15 are capitals).
 */
export function isRecordId(text: string): boolean {
  if (/^[0-9a-zA-Z]{15}$/.test(text)) return hasShape(text);
  return /^[0-9a-zA-Z]{18}$/.test(text) && checksumOf(text.slice(0, 15)) === text.slice(15);
}

/** A key prefix that begins with a digit or with `a`, and the counting part's leading zeros: words and hashes hardly ever have both. */
function hasShape(text: string): boolean {
  return /^(?:0[0-9a-zA-Z]{2}|[15]0[0-9a-zA-Z]|a[0-9A-Z][0-9a-zA-Z]).{2}0/.test(text) && /\d{3}/.test(text);
}

function checksumOf(id: string): string {
  let sum = '';
  for (let part = 0; part < 3; part += 1) {
    let bits = 0;
    for (let at = 0; at < 5; at += 1) if (/[A-Z]/.test(id[part * 5 + at] ?? '')) bits |= 1 << at;
    sum += ALPHABET[bits] ?? '';
  }
  return sum;
}
