// Reads one answer of the gateway as a strict client does: a whole JSON reply, or events until the terminal one. Says what came, not
// whether it is right. Pure.

/** The longest label and event name that is kept; what is longer is not ours. */
const WORD_CHARS_MAX = 200;

export interface Usage {
  readonly prompt: number;
  readonly completion: number;
}

export interface Reading {
  readonly text: string;
  readonly finishReason: string | null;
  /** The protocol's own end was there: `[DONE]`, or a JSON text that is whole. */
  readonly isWhole: boolean;
  /** Code of the error object. */
  readonly error: string | null;
  readonly usage: Usage | null;
  /** Names of events that are no plain chunks: boundaries, labels. */
  readonly events: readonly string[];
  readonly comments: readonly string[];
}

interface Chunk {
  readonly error?: { readonly code?: unknown; readonly type?: unknown } | null;
  readonly choices?: readonly {
    readonly delta?: { readonly content?: unknown };
    readonly message?: { readonly content?: unknown };
    readonly finish_reason?: unknown;
  }[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null;
}

export class AnswerReader {
  readonly #isStream: boolean;
  #rest = '';
  #text = '';
  #finishReason: string | null = null;
  #isDone = false;
  #error: string | null = null;
  #usage: Usage | null = null;
  readonly #events: string[] = [];
  readonly #comments: string[] = [];

  constructor(isStream: boolean) {
    this.#isStream = isStream;
  }

  /** Whether the answer has begun to say something. */
  get hasText(): boolean {
    return this.#text !== '';
  }

  push(piece: string): void {
    this.#rest += piece;
    if (!this.#isStream) return;
    for (let end = this.#rest.indexOf('\n\n'); end >= 0; end = this.#rest.indexOf('\n\n')) {
      const frame = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 2);
      this.#frame(frame);
    }
  }

  /** The connection has ended, cleanly or not. */
  end(): Reading {
    if (!this.#isStream) this.#json();
    const [text, finishReason, error, usage] = [this.#text, this.#finishReason, this.#error, this.#usage];
    const [events, comments] = [this.#events, this.#comments];
    return { text, finishReason, isWhole: this.#isDone, error, usage, events, comments };
  }

  #json(): void {
    const chunk = parse(this.#rest);
    if (chunk === null) return;
    this.#isDone = true;
    this.#take(chunk);
  }

  #frame(frame: string): void {
    for (const line of frame.split('\n')) {
      if (line.startsWith('data: [DONE]')) this.#isDone = true;
      else if (line.startsWith('data:')) this.#data(line.slice(5));
      else if (line.startsWith('event:')) this.#events.push(line.slice(6).trim().slice(0, WORD_CHARS_MAX));
      else if (line.startsWith(':')) this.#comments.push(line.slice(1).trim().slice(0, WORD_CHARS_MAX));
    }
  }

  #data(json: string): void {
    const chunk = parse(json);
    if (chunk === null) this.#error ??= 'unreadable_event';
    else this.#take(chunk);
  }

  #take(chunk: Chunk): void {
    if (chunk.error) this.#error ??= wordOf(chunk.error.code) ?? wordOf(chunk.error.type) ?? 'error';
    const choice = chunk.choices?.[0];
    const content = choice?.delta?.content ?? choice?.message?.content;
    if (typeof content === 'string') this.#text += content;
    if (typeof choice?.finish_reason === 'string') this.#finishReason = choice.finish_reason;
    this.#usage = readUsage(chunk) ?? this.#usage;
  }
}

function wordOf(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, WORD_CHARS_MAX) : null;
}

function readUsage({ usage }: Chunk): Usage | null {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage ?? {};
  return typeof prompt === 'number' && typeof completion === 'number' ? { prompt, completion } : null;
}

function parse(json: string): Chunk | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
