// Finds the JSON object in what a model wrote: larger models like to explain. Pure.

/** From the first brace to the last; null when that is no object. */
export function readObject(text: string): { readonly [name: string]: unknown } | null {
  const [start, end] = [text.indexOf('{'), text.lastIndexOf('}')];
  if (start < 0 || end < start) return null;
  try {
    return JSON.parse(text.slice(start, end + 1)) as { readonly [name: string]: unknown };
  } catch {
    return null;
  }
}
