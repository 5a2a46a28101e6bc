// The text of a stranger's answer, as far as it may be long. Owns the bound alone. Never throws.

/** Null when it is longer than `bytesMax`, or broke off. */
export async function readBounded({ body }: Response, bytesMax: number): Promise<string | null> {
  if (body === null) return '';
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > bytesMax) return null;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return null;
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
