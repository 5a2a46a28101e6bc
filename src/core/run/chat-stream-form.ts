// A run's log in the words of a chat completion's stream, so that any OpenAI client can follow a function. Owns the translation; what it
// says is never taken back, because that protocol has no way to. One per stream; mutable, without I/O.
import type { Json } from './json.ts';
import { textIn, type LogEntry } from './run-state.ts';

export interface ChatFormHead {
  readonly id: string;
  readonly model: string;
  /** Epoch seconds. */
  readonly created: number;
}

export class ChatStreamForm {
  readonly #head: ChatFormHead;
  readonly #textOf: (output: Json) => string;
  #said = '';
  /** Words that an attempt tried again has to say before it says anything new; null when nothing is being repeated. */
  #expected: string | null = null;
  #stepStart = 0;
  #speaking: Json | undefined;
  #isOver = false;

  constructor(head: ChatFormHead, textOf: (output: Json) => string) {
    this.#head = head;
    this.#textOf = textOf;
  }

  /** What the entry adds to the stream; empty for what a chat client does not know. */
  render({ type, data }: LogEntry): string {
    if (this.#isOver) return '';
    switch (type) {
      case 'run.started':
        return this.#chunk({ role: 'assistant', content: '' }, null);
      case 'text':
        return this.#words(data['step'], textIn(data, 'text'));
      case 'segment':
        // The next attempt begins anew; as long as it says the same, the client hears it go on.
        this.#expected = this.#said.slice(this.#stepStart);
        return '';
      case 'run.completed':
        return this.#end(this.#textOf(data['output'] ?? null));
      case 'run.failed':
        return this.#fail(textIn(data, 'code'), textIn(data, 'message'));
      case 'run.cancelled':
        return this.#fail('run_cancelled', 'The run was cancelled.');
      case 'run.incomplete':
        return this.#fail(textIn(data, 'reason'), 'The budget of the run was used up.');
      case 'step.started':
      case 'step.retry':
      case 'step.done':
      case 'event':
      case 'draft':
        return '';
      default:
        return type satisfies never;
    }
  }

  #words(step: Json | undefined, text: string): string {
    if (step !== this.#speaking) {
      this.#speaking = step;
      this.#stepStart = this.#said.length;
      this.#expected = null;
    }
    if (this.#expected === null) return this.#say(text);
    const known = Math.min(text.length, this.#expected.length);
    if (text.slice(0, known) !== this.#expected.slice(0, known)) {
      return this.#fail(
        'stream_cut',
        'The answer broke off, and the next attempt goes another way; the run itself goes on.',
      );
    }
    const rest = this.#expected.slice(known);
    this.#expected = rest === '' ? null : rest;
    return this.#say(text.slice(known));
  }

  #say(text: string): string {
    if (text === '') return '';
    this.#said += text;
    return this.#chunk({ content: text }, null);
  }

  #end(answer: string): string {
    this.#isOver = true;
    // What was said before stands; where the answer goes on from it, the rest follows.
    const rest = answer.startsWith(this.#said) ? answer.slice(this.#said.length) : '';
    const words = rest === '' ? '' : this.#chunk({ content: rest }, null);
    return `${words}${this.#chunk({}, 'stop')}data: [DONE]\n\n`;
  }

  #fail(code: string, message: string): string {
    this.#isOver = true;
    const error = { message, type: 'server_error', param: null, code };
    return `event: error\ndata: ${JSON.stringify({ error })}\n\n`;
  }

  #chunk(delta: object, finishReason: string | null): string {
    const { id, model, created } = this.#head;
    const choices = [{ index: 0, delta, finish_reason: finishReason }];
    return `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices })}\n\n`;
  }
}
