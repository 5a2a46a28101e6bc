// The outside of a run in virtual time: models that are slow, fail, and break off in the middle of their words; searches and called
// functions; and a server that keeps what authors' effects did. What an answer is depends on the place in the program alone, so that
// whoever asks, however often, hears the same (or, where wanted, never the same twice). It outlives every life of the run's object.
import { drawInteger, type Rng } from '../../core/base/rng.ts';
import type { AttemptEnd } from '../../core/run/run-events.ts';
import type { Json } from '../../core/run/json.ts';
import { FunctionError, type EffectAt } from '../../core/run/run-context.ts';
import type { StepMeasure } from '../../core/run/run-state.ts';
import { NOTHING_MEASURED } from '../../hosts/perform-effect.ts';
import type { Attempt, Attempted } from '../../hosts/run-ports.ts';
import type { SimClock } from '../clock.ts';
import { neverSucceeds, type AskPart, type Part, type Program } from './program.ts';

export interface OutsideMix {
  readonly slowMsMax: number;
  /** Each attempt of a chat says something else. */
  readonly isFickle: boolean;
  /** Chance that an answer takes a hundred times as long. */
  readonly stalls: number;
}

export interface OutsideParts {
  readonly clock: SimClock;
  readonly rng: Rng;
  readonly mix: OutsideMix;
  readonly program: Program;
  /** Somebody's promise was kept. */
  onAct(): void;
}

interface Asked {
  readonly attempt: Pick<Attempt, 'key' | 'attempt' | 'signal'>;
  readonly part: AskPart;
  /** Where in the program it stands; names the answer. */
  readonly at: string;
}

/** By then a next attempt is likely to speak. */
const LATE_MS_MAX = 1_000;

type ShowText = ((text: string) => Promise<void>) | null;

export class SimOutside {
  readonly #clock: SimClock;
  readonly #rng: Rng;
  readonly #mix: OutsideMix;
  readonly #parts = new Map<string, AskPart>();
  readonly #failed = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly #onAct: () => void;
  /** By the place in the program: keys under which its effect was done, each once, and how often it was asked for. */
  readonly effects = new Map<
    string,
    { readonly keys: Set<string>; requests: number; readonly once: boolean }
  >();

  constructor({ clock, rng, mix, program, onAct }: OutsideParts) {
    this.#clock = clock;
    this.#rng = rng;
    this.#mix = mix;
    this.#onAct = onAct;
    this.#note(program.parts);
  }

  /** A step that the platform performs. `content` begins with the place in the program. */
  async ask(attempt: Attempt, content: string, onText: ShowText): Promise<Attempted> {
    const place = content.slice(0, content.indexOf('|'));
    const label = /^s\d+/.exec(place)?.[0] ?? '';
    const part = this.#parts.get(label);
    if (part === undefined) throw new Error(`nobody knows ${content}`);
    const asked = { attempt, part, at: place.slice(label.length) };
    const willFail = this.#fails(asked);
    if (onText !== null) await this.#speak(asked, willFail, onText);
    await this.#pass(attempt.signal);
    if (attempt.signal.aborted) return ended(failure('cancelled', false));
    if (part.isDoomed) return ended(failure('refused', false));
    if (willFail) return ended(failure('backend_down', true));
    return ended({ ok: true, value: valueOf(part, this.#textOf(asked)) });
  }

  /** An effect of the author's, at a server that does what it is asked once for each key, and answers when it has. */
  async effect(part: AskPart, at: string, { key, attempt, signal }: EffectAt): Promise<string> {
    const asked = { attempt: { key, attempt, signal }, part, at };
    const place = part.label + at;
    const seen = this.effects.get(place) ?? { keys: new Set<string>(), requests: 0, once: part.once };
    this.effects.set(place, seen);
    seen.requests += 1;
    const willFail = this.#fails(asked);
    await this.#pass(null);
    if (part.isDoomed) throw new FunctionError('refused', 'The server does not want it.');
    if (willFail) throw new Error('the server is not there');
    // What is on its way arrives, whether or not somebody still waits for it.
    seen.keys.add(key);
    await this.#pass(signal);
    return this.#textOf(asked);
  }

  /** Whether something is on its way. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** Nobody hears from the outside any more; what still waits is let go. */
  close(): void {
    for (const wake of this.#waiting) wake();
  }

  #note(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.kind === 'ask') this.#parts.set(part.label, part);
      else if ('body' in part) this.#note(part.body);
      else if ('branches' in part) for (const branch of part.branches) this.#note(branch);
    }
  }

  /** The first tries of a step fail, as many as its part says, whichever life they belong to. */
  #fails({ part, at }: Asked): boolean {
    const place = part.label + at;
    const failed = this.#failed.get(place) ?? 0;
    if (failed >= part.fails) return false;
    if (!neverSucceeds(part)) this.#failed.set(place, failed + 1);
    return true;
  }

  async #speak(asked: Asked, breaksOff: boolean, onText: (text: string) => Promise<void>): Promise<void> {
    const words = this.#textOf(asked).split(/(?<= )/);
    const count = breaksOff ? drawInteger(this.#rng, 0, words.length) : words.length;
    for (const word of words.slice(0, count)) {
      await this.#pass(asked.attempt.signal);
      if (asked.attempt.signal.aborted) return;
      await onText(word);
    }
    // A connection that broke off may still bring a word, when nobody should hear it any more.
    if (!breaksOff || this.#rng() < 0.5) return;
    this.#clock.after(drawInteger(this.#rng, 1, LATE_MS_MAX), () => {
      this.#onAct();
      void onText('late ');
    });
  }

  #textOf({ part, at, attempt }: Asked): string {
    const text = `${part.of} ${part.label}${at}`;
    return this.#mix.isFickle && part.of === 'chat' ? `${attempt.attempt} of ${text}` : text;
  }

  #pass(signal: AbortSignal | null): Promise<void> {
    const { slowMsMax, stalls } = this.#mix;
    const ms = drawInteger(this.#rng, 0, slowMsMax) * (this.#rng() < stalls ? 100 : 1);
    return new Promise((resolve) => {
      const wake = (): void => {
        if (!this.#waiting.delete(wake)) return;
        this.#onAct();
        resolve();
      };
      this.#waiting.add(wake);
      this.#clock.after(ms, wake);
      // An aborted call ends soon, but not at once.
      signal?.addEventListener('abort', () => this.#clock.after(1, wake), { once: true });
    });
  }
}

function valueOf({ of }: AskPart, text: string): Json {
  if (of === 'chat')
    return { text, finishReason: 'stop', promptTokens: 3, completionTokens: 4, version: 'm@1' };
  if (of === 'embed') return [Array.from(text, (letter) => letter.charCodeAt(0))];
  if (of === 'search')
    return [{ id: 'd', title: null, text, score: 1, textScore: null, vectorScore: null, metadata: {} }];
  return text;
}

const measure: StepMeasure = { ...NOTHING_MEASURED, tokens: 7, micros: 11 };

function ended(end: AttemptEnd): Attempted {
  return { end, measure };
}

function failure(code: string, retryable: boolean): AttemptEnd {
  return { ok: false, error: { code, message: `it failed: ${code}` }, retryable, retryAfterMs: null };
}
