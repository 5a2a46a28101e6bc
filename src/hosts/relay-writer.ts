// The writing side of a pipe to a client. Owns that nobody waits for ever on a client which neither reads nor leaves: a pipe can be
// dropped at any time, and every write under way then fails at once, which the standard's own `abort` does not promise.

export interface ClientWriter {
  /** Resolves when the client's side has taken it; rejects when the client is gone or was dropped. */
  write(text: string): Promise<void>;
  /** Ends the stream after everything written. */
  close(): Promise<void>;
  /** Gives the client up. */
  drop(): void;
  isWriting(): boolean;
}

const encoder = new TextEncoder();

/** `onGone` is called when the client leaves, even while nothing is being written, where the runtime tells of it. */
export function makeClientWriter(writable: WritableStream<Uint8Array>, onGone: () => void): ClientWriter {
  const writer = writable.getWriter();
  const underWay = new Set<(reason: Error) => void>();
  writer.closed.catch(onGone);

  const untilDropped = (work: Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (): void => {
        underWay.delete(reject);
        resolve();
      };
      const fail = (reason: unknown): void => {
        underWay.delete(reject);
        reject(reason instanceof Error ? reason : new Error('the client is gone'));
      };
      underWay.add(reject);
      work.then(done, fail);
    });
  return {
    write: (text) => untilDropped(writer.write(encoder.encode(text))),
    close: () => untilDropped(writer.close()),
    drop: () => {
      const dropped = new Error('the client was dropped');
      writer.abort(dropped).catch(() => {});
      for (const reject of underWay) reject(dropped);
    },
    isWriting: () => underWay.size > 0,
  };
}
