// Rendezvous hashing (Thaler and Ravishankar), weighted by -w / ln(u): each pair of a key and a target has a draw of its own, and the
// highest wins. When a target goes, only its own keys move; when weights change, no more move than must. Pure.

/** Higher is better; a weight of 0 comes last. The same texts give the same score on every machine. */
export function rendezvousScore(key: string, target: string, weight: number): number {
  if (weight === 0) return 0;
  return weight / -Math.log(draw(key, target));
}

/** In (0, 1), never its ends. */
export function draw(key: string, target: string): number {
  const high = hash(key, hash(target, 0x9e3779b9));
  const low = hash(target, hash(key, 0x85ebca6b));
  // 20 bits of one and 32 of the other: a double holds them and the half that keeps the ends out.
  return ((high >>> 12) * 4_294_967_296 + (low >>> 0) + 0.5) / 4_503_599_627_370_496;
}

/** MurmurHash3's mixing (Austin Appleby) over UTF-16 units. */
function hash(text: string, seed: number): number {
  let mixed = seed ^ text.length;
  for (let at = 0; at < text.length; at += 1) {
    let unit = Math.imul(text.charCodeAt(at), 0xcc9e2d51);
    unit = (unit << 15) | (unit >>> 17);
    mixed ^= Math.imul(unit, 0x1b873593);
    mixed = (mixed << 13) | (mixed >>> 19);
    mixed = Math.imul(mixed, 5) + 0xe6546b64;
  }
  mixed ^= mixed >>> 16;
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
