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

/** What a step has said, and what of it its present attempt has yet to say again before it says anything new. */
interface Voice {
  said: string;
  owed: string;
}

export class ChatStreamForm {
  readonly #head: ChatFormHead;
  readonly #textOf: (output: Json) => string;
  readonly #voices = new Map<Json | undefined, Voice>();
  #said = '';
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
      case 'segment': {
        // The next attempt begins anew; as long as it says the same, the client hears it go on.
        const voice = this.#voiceOf(data['step']);
        voice.owed = voice.said;
        return '';
      }
      case 'step.done':
        return this.#closeVoice(data['step'], data['ok'] === true);
      case 'run.completed':
        return this.#end(this.#textOf(data['output'] ?? null));
      case 'run.failed':
        return this.#fail(textIn(data, 'code'), textIn(data, 'message'));
      case 'run.cancelled':
        return this.#fail('run_cancelled', 'The run was cancelled.');
      case 'run.incomplete':
        return this.#fail(textIn(data, 'reason'), 'The budget of the run was used up.');
      case 'step.started':
      case 'step.progress':
      case 'step.retry':
      case 'event':
      case 'draft':
        return '';
      default:
        return type satisfies never;
    }
  }

  #words(step: Json | undefined, text: string): string {
    const voice = this.#voiceOf(step);
    const known = Math.min(text.length, voice.owed.length);
    if (text.slice(0, known) !== voice.owed.slice(0, known)) return this.#breakOff();
    voice.owed = voice.owed.slice(known);
    voice.said += text.slice(known);
    return this.#say(text.slice(known));
  }

  /** Words that a step has said and does not stand by in the end would stay in the answer: it is none then. */
  #closeVoice(step: Json | undefined, isGood: boolean): string {
    const voice = this.#voices.get(step);
    this.#voices.delete(step);
    const isWhole = voice === undefined || (isGood ? voice.owed === '' : voice.said === '');
    return isWhole ? '' : this.#breakOff();
  }

  #breakOff(): string {
    const message = 'The answer broke off, and the run goes on another way; its output will be at /v1/runs.';
    return this.#fail('stream_cut', message);
  }

  #voiceOf(step: Json | undefined): Voice {
    const voice = this.#voices.get(step) ?? { said: '', owed: '' };
    this.#voices.set(step, voice);
    return voice;
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
