// Tells on standard error how far a run is: a line that moves on a terminal, now and then a line elsewhere.

export interface SendProgress {
  readonly tell: (sent: number, answered: number, of: number) => void;
  /** Leaves a clean line behind. */
  readonly end: () => void;
}

const movingMs = 100;
const sparseMs = 10_000;

export function makeSendProgress(stream: NodeJS.WriteStream = process.stderr): SendProgress {
  const moves = stream.isTTY;
  let toldMs = performance.now();
  let isOpen = false;
  return {
    tell(sent, answered, of) {
      const nowMs = performance.now();
      if (nowMs - toldMs < (moves ? movingMs : sparseMs)) return;
      toldMs = nowMs;
      const line = `replay: sent ${sent} of ${of}, answered ${answered}`;
      stream.write(moves ? `\r\u001B[K${line}` : `${line}\n`);
      isOpen = moves;
    },
    end() {
      if (isOpen) stream.write('\r\u001B[K');
      isOpen = false;
    },
  };
}
