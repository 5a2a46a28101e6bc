// Tells on standard error how far a backtest is: a line that moves on a terminal, now and then a line elsewhere.

export interface Teller {
  tell(what: string, share: number): void;
  /** Leaves a clean line behind. */
  end(): void;
}

const sparseMs = 10_000;
const movingMs = 200;

export function makeTeller(stream: NodeJS.WriteStream = process.stderr): Teller {
  const moves = stream.isTTY;
  let toldMs = performance.now();
  return {
    tell(what, share) {
      const nowMs = performance.now();
      if (nowMs - toldMs < (moves ? movingMs : sparseMs)) return;
      toldMs = nowMs;
      const line = `backtest: ${(100 * share).toFixed(0)} %, ${what}`;
      stream.write(moves ? `\r\u001B[K${line}` : `${line}\n`);
    },
    end() {
      if (moves) stream.write('\r\u001B[K');
    },
  };
}
