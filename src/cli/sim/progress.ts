// Tells on standard error how far long work is: a line that moves on a terminal, now and then a line elsewhere.

export interface Progress {
  tell(label: string, done: number, of: number): void;
  /** Leaves a clean line behind. */
  end(): void;
}

export const silent: Progress = { tell: () => undefined, end: () => undefined };

/** Apart from a terminal: often enough to see that it lives, seldom enough to be read. */
const sparseMs = 10_000;
const movingMs = 100;

export function makeProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const moves = stream.isTTY;
  let toldMs = moves ? 0 : performance.now();
  let isOpen = false;
  return {
    tell(label, done, of) {
      const nowMs = performance.now();
      if (nowMs - toldMs < (moves ? movingMs : sparseMs) && (!moves || done < of)) return;
      toldMs = nowMs;
      const line = `${label}: ${done} of ${of} replays`;
      stream.write(moves ? `\r\u001B[K${line}` : `${line}\n`);
      isOpen = moves;
    },
    end() {
      if (isOpen) stream.write('\r\u001B[K');
      isOpen = false;
    },
  };
}
