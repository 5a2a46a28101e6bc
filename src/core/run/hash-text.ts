// A short fingerprint of a text: tells requests of a journal apart, protects nothing. Pure.

/** 16 hex digits. Two 32-bit multiply-and-rotate lanes over UTF-16 units with the finalizer of MurmurHash3 (Austin Appleby). */
export function hashText(text: string): string {
  let a = 0x9e3779b9 ^ text.length;
  let b = 0x85ebca6b ^ text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(rotate(a ^ unit, 15), 0xcc9e2d51);
    b = Math.imul(rotate(b ^ Math.imul(unit, 0x1b873593), 13), 5) + 0xe6546b64;
  }
  return hex(finish(a ^ rotate(b, 7))) + hex(finish(b ^ rotate(a, 19)));
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function finish(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
