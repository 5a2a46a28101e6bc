// What the paced server says: tokens that follow from the prompt alone, so that a test can compute the answer that it must see. Pure.

const words =
  'amber birch cedar delta ember fjord grove heron inlet jetty kelp larch maple north ocean pearl quartz river slate tidal'.split(
    ' ',
  );

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}

/** Token `index` of the answer to `prompt`, with its leading space. */
export function pacedToken(prompt: string, index: number): string {
  return ` ${words[hash(`${prompt}\u0000${index}`) % words.length]}`;
}

/** The whole answer. */
export function pacedAnswer(prompt: string, tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => pacedToken(prompt, index)).join('');
}

/** A vector of length one that follows from the text. */
export function pacedVector(text: string, dimensions: number): number[] {
  const raw = Array.from(
    { length: dimensions },
    (_, index) => hash(`${text}\u0000${index}`) / 0xffffffff - 0.5,
  );
  const norm = Math.hypot(...raw);
  return raw.map((value) => value / norm);
}
