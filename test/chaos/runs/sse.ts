// Bytes of server-sent events, cut into frames without decoding them: what a follower compares is bytes.

const gap = Buffer.from('\n\n');

export interface Frame {
  readonly bytes: Buffer;
  /** Null for a frame without a place: a comment, or the last word of a stream. */
  readonly id: number | null;
  readonly event: string;
  readonly data: string;
}

export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** Whole frames, comments left out. */
  push(chunk: Buffer): readonly Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (let at = this.#rest.indexOf(gap); at >= 0; at = this.#rest.indexOf(gap)) {
      const bytes = this.#rest.subarray(0, at + gap.length);
      this.#rest = this.#rest.subarray(at + gap.length);
      if (bytes[0] !== 0x3a) frames.push(parseFrame(bytes));
    }
    return frames;
  }

  /** What is left of a frame whose end never came. */
  takeRest(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}

function parseFrame(bytes: Buffer): Frame {
  const text = bytes.toString('utf8');
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const id = field('id');
  return { bytes, id: id === '' ? null : Number(id), event: field('event'), data: field('data') };
}
