// Makes `ctx` for a function's code: each call becomes a step request with a fingerprint and a way to perform it. Owns the mapping from
// the author's API to steps; numbering and delivery are run-code.ts's.
import { must } from '../core/base/assert.ts';
import { makeRng } from '../core/base/rng.ts';
import type { CompoundFunction } from '../core/run/define-function.ts';
import { hashText } from '../core/run/hash-text.ts';
import { copyJson, stableText, type Json } from '../core/run/json.ts';
import { rankByCosine } from '../core/run/rank-by-cosine.ts';
import type { RunBudget } from '../core/run/run-budget.ts';
import type { AttemptRef, StepProgress } from '../core/run/run-events.ts';
import type {
  ChatAsk,
  ChatModel,
  ChatReply,
  EffectAt,
  EffectOptions,
  EmbeddingModel,
  Ranked,
  RunContext,
  SearchHit,
  SearchIndex,
  StepOptions,
} from '../core/run/run-context.ts';
import { FunctionError } from '../core/run/run-context.ts';
import { OUTPUT_CHARS_MAX, type RunSpec, type StepKind } from '../core/run/run-state.ts';
import { Branch, gatherAll, raceAll } from './run-branches.ts';
import { performEffect } from './perform-effect.ts';
import { never, type PerformStep, type RunCode } from './run-code.ts';
import type { StepPerformers } from './run-ports.ts';

/** Tries of a step unless its author says otherwise; a child run has its own retries inside. */
const ATTEMPTS = 3;
const ATTEMPTS_MAX = 10;

/** A called function that fails is not called again; this many times its object may die while somebody waits for it. */
const CALL_ATTEMPTS = ATTEMPTS_MAX;

/** A step without a time of its own: the run's deadline is the other bound. */
const STEP_MS_MAX = 60 * 60 * 1000;

/** Longest text of an author's name of an effect, and most texts of one embedding step. */
const NAME_CHARS_MAX = 200;
const TEXTS_MAX = 256;

export interface ContextParts {
  readonly spec: RunSpec;
  readonly fn: CompoundFunction;
  readonly code: RunCode;
  readonly deadlineMs: number;
  readonly performers: StepPerformers;
  /** What a child run may use at this moment. */
  childBudget(own: Partial<RunBudget>): RunBudget;
  /** Takes a piece of a step's text that is to be shown. */
  showText(n: number, attempt: number, text: string): Promise<void>;
  showProgress(at: AttemptRef, progress: StepProgress): void;
}

export function makeContext(parts: ContextParts): RunContext {
  const rng = makeRng(Number.parseInt(hashText(parts.spec.id).slice(0, 8), 16));
  const root = new Branch(parts.code);
  parts.code.onStop(() => root.giveUp());
  return contextOf(parts, root, rng);
}

interface Asking {
  readonly kind: StepKind;
  readonly name: string;
  readonly request: unknown;
  readonly options?: StepOptions | undefined;
  readonly once?: boolean;
  readonly sleepMs?: number;
  readonly perform: PerformStep;
}

function contextOf(parts: ContextParts, branch: Branch, rng: () => number): RunContext {
  const { spec, fn, code } = parts;
  const fork = (child: Branch): RunContext => contextOf(parts, child, rng);
  const ask = (asking: Asking): Promise<Json> => askFor(parts, branch, asking);
  return {
    run: { id: spec.id, tenant: spec.tenant, function: spec.function },
    models: mapOf(fn.uses.models ?? {}, (alias, use) =>
      use.task === 'chat'
        ? chatModel(parts, ask, alias, use.model)
        : embeddingModel(parts, ask, alias, use.model),
    ) as unknown as RunContext['models'],
    search: mapOf(fn.uses.indexes ?? {}, (alias, use): SearchIndex => ({
      async query(asked, options) {
        const perform: PerformStep = (attempt) =>
          parts.performers.search(attempt, use, asked, (progress) => parts.showProgress(attempt, progress));
        const hits = await ask({ kind: 'search', name: alias, request: asked, options, perform });
        return hits as unknown as readonly SearchHit[];
      },
    })),
    signal: branch.signal,
    deadline: parts.deadlineMs,
    call: (alias, input) => callOf(parts, ask, alias, input),
    step: (name, effect, options) => stepOf(ask, name, effect, options) as Promise<never>,
    all: (works, options) =>
      gatherAll(
        branch,
        works.map((work) => (child: Branch) => work(fork(child))),
        options?.parallel,
      ),
    race: (works) =>
      raceAll(
        branch,
        works.map((work) => (child: Branch) => work(fork(child))),
      ),
    emit: (type, data) => code.emit({ kind: 'event', type: asText(type), data: plain('event', data) }),
    say: (text) => code.emit({ kind: 'say', text: asText(text) }),
    draft: (output) => code.emit({ kind: 'draft', output: plain('draft', output) }),
    async sleep(ms) {
      const sleepMs = clamp(Math.round(ms), 0, STEP_MS_MAX, 0);
      const perform: PerformStep = () => Promise.reject(new Error('a sleep is never performed'));
      await ask({ kind: 'sleep', name: 'sleep', request: sleepMs, sleepMs, perform });
    },
    now: () => code.nowMs,
    random: rng,
  };
}

type Ask = (asking: Asking) => Promise<Json>;

function askFor({ code }: ContextParts, branch: Branch, asking: Asking): Promise<Json> {
  // What a branch that was given up still asks for comes never: nobody would wait for its end, and nobody would take it.
  if (branch.signal.aborted) return never();
  const { kind, options, once, sleepMs, request, perform } = asking;
  const name = asking.name.slice(0, NAME_CHARS_MAX);
  return code.ask(
    {
      kind,
      name,
      hash: hashText(stableText(request) ?? ''),
      once: once ?? false,
      attemptsMax: clamp(Math.floor(options?.attempts ?? ATTEMPTS), 1, ATTEMPTS_MAX, ATTEMPTS),
      sleepMs: sleepMs ?? null,
      perform: (attempt) => perform(withTimeout(attempt, options?.timeoutMs)),
    },
    (n) => branch.own(n),
  );
}

/** An author's number within its bounds; what is no number is `otherwise`. */
function clamp(value: number, min: number, max: number, otherwise: number): number {
  return Number.isNaN(value) ? otherwise : Math.min(max, Math.max(min, value));
}

/** Code that was not compiled against these types may say what is no text. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : (stableText(value) ?? '');
}

/** A copy as of now: what the author does to the value later is not what was said. */
function plain(what: string, value: unknown): Json {
  const copy = copyJson(value);
  if (copy !== undefined) return copy;
  throw new FunctionError(`invalid_${what}`, `The ${what} holds what JSON cannot hold.`);
}

function withTimeout<A extends { readonly startedMs: number; readonly deadlineMs: number }>(
  attempt: A,
  timeoutMs = STEP_MS_MAX,
): A {
  return { ...attempt, deadlineMs: Math.min(attempt.deadlineMs, attempt.startedMs + timeoutMs) };
}

function chatModel(parts: ContextParts, ask: Ask, alias: string, model: string): ChatModel {
  return {
    async chat(asked, options) {
      const request = plain('request', asked) as unknown as ChatAsk;
      const perform: PerformStep = (attempt) => {
        const show = (text: string): Promise<void> => parts.showText(attempt.n, attempt.attempt, text);
        return parts.performers.chat(attempt, model, request, request.stream === true ? show : null);
      };
      const reply = await ask({ kind: 'chat', name: alias, request, options, perform });
      return reply as unknown as ChatReply;
    },
  };
}

function embeddingModel(parts: ContextParts, ask: Ask, alias: string, model: string): EmbeddingModel {
  const check = (texts: readonly string[]): void => {
    if (texts.length > TEXTS_MAX)
      throw new RangeError(`${texts.length} texts, at most ${TEXTS_MAX} in one step`);
  };
  return {
    async embed(asked, options) {
      check(asked);
      const texts = [...asked];
      const perform: PerformStep = (attempt) => parts.performers.embed(attempt, model, texts);
      const vectors = await ask({ kind: 'embed', name: alias, request: texts, options, perform });
      return vectors as unknown as readonly (readonly number[])[];
    },
    async rerank(query, documents, options) {
      const texts = [query, ...documents];
      check(texts);
      // The journal keeps the ranking, not the vectors that it came from.
      const perform: PerformStep = async (attempt) => {
        const { end, measure } = await parts.performers.embed(attempt, model, texts);
        return { end: end.ok ? { ok: true, value: rank(end.value) } : end, measure };
      };
      const ranked = await ask({ kind: 'rerank', name: alias, request: texts, options, perform });
      return (ranked as unknown as readonly Ranked[]).slice(0, options?.top ?? documents.length);
    },
  };
}

function rank(vectors: Json): Json {
  const [query, ...documents] = vectors as unknown as readonly (readonly number[])[];
  return rankByCosine(query ?? [], documents).map(({ index, score }) => ({ index, score }));
}

/** What a child gives was checked by its own schema before it was written down. */
async function callOf(parts: ContextParts, ask: Ask, alias: string, input: unknown): Promise<never> {
  const called = must(parts.fn.uses.functions?.[alias], `the function "${alias}" in uses`);
  const given = stableText(input);
  if (given === null) {
    throw new FunctionError('invalid_input', `What "${alias}" is called with is no JSON.`);
  }
  if (given.length > OUTPUT_CHARS_MAX) {
    const message = `"${alias}" is called with ${given.length} characters, at most ${OUTPUT_CHARS_MAX} are allowed.`;
    throw new FunctionError('input_too_large', message);
  }
  const perform: PerformStep = (attempt) =>
    parts.performers.call(attempt, {
      fn: called,
      input: JSON.parse(given),
      budget: parts.childBudget(called.budget),
    });
  const options = { attempts: CALL_ATTEMPTS };
  const output = await ask({ kind: 'call', name: alias, request: given, options, perform });
  return output as unknown as never;
}

function stepOf(
  ask: Ask,
  name: string,
  effect: (at: EffectAt) => unknown,
  options: EffectOptions | undefined,
): Promise<Json> {
  const perform: PerformStep = (attempt) => performEffect(attempt, effect);
  const once = options?.once ?? false;
  return ask({ kind: 'effect', name, request: name, options, once, perform });
}

function mapOf<T, R>(
  record: Readonly<Record<string, T>>,
  make: (name: string, value: T) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(name, value)]));
}
