// What the paced server says: tokens that follow from the prompt alone, so that a test can compute the answer that it must see. Pure.

const words =
  'amber birch cedar delta ember fjord grove heron inlet jetty kelp larch maple north ocean pearl quartz river slate tidal'.split(
    ' ',
  );

interface PromptMessage {
  readonly role: string;
  readonly content: string | null;
}

/** What the tokens follow from. */
export function pacedPrompt(messages: readonly PromptMessage[]): string {
  return messages.map(({ role, content }) => `${role}:${content ?? ''}`).join('\n');
}

/** Token `index` of the answer to `prompt`, with its leading space. */
export function pacedToken(prompt: string, index: number): string {
  return ` ${words[hash(`${prompt}\u0000${index}`) % words.length]}`;
}

/** The whole answer. */
export function pacedAnswer(prompt: string, tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => pacedToken(prompt, index)).join('');
}

/** A stand-in for what a tokenizer would count. */
export function pacedPromptTokens(prompt: string): number {
  return Math.ceil(prompt.length / 4);
}

/** A vector of length one that follows from the text. */
export function pacedVector(text: string, dimensions: number): readonly number[] {
  const raw = Array.from(
    { length: dimensions },
    (_, index) => hash(`${text}\u0000${index}`) / 0xff_ff_ff_ff - 0.5,
  );
  const norm = Math.hypot(...raw);
  return raw.map((value) => value / norm);
}

/** FNV-1a with 32 bits, and a last mix, because inputs that differ in their last byte alone would give neighbouring values. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
