// What a function's code sees of the platform: the type of `ctx`. Every call that leaves the code is a step with a place in the journal;
// implemented by src/hosts/run-context-maker.ts. Types, and the one error that authors throw.
import type { ChatUse, CompoundFunction, Uses } from './define-function.ts';
import type { Json } from './json.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatAsk {
  readonly messages: readonly ChatMessage[];
  readonly temperature?: number;
  readonly maxTokens?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  /** As OpenAI's `response_format`; passed on to the model. */
  readonly responseFormat?: Json;
  /** The words go to the caller as they come, durable before they are seen. */
  readonly stream?: boolean;
}

export interface ChatReply {
  readonly text: string;
  readonly finishReason: string | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The version that answered. */
  readonly version: string;
}

export interface ChatModel {
  chat(ask: ChatAsk, options?: StepOptions): Promise<ChatReply>;
}

export interface Ranked {
  /** Place of the document in the list that was asked about. */
  readonly index: number;
  /** Cosine of query and document, -1 to 1. */
  readonly score: number;
}

export interface EmbeddingModel {
  embed(texts: readonly string[], options?: StepOptions): Promise<readonly (readonly number[])[]>;
  /** The documents by their nearness to the query, nearest first. */
  rerank(
    query: string,
    documents: readonly string[],
    options?: StepOptions & { readonly top?: number },
  ): Promise<readonly Ranked[]>;
}

export interface SearchAsk {
  readonly query: string;
  readonly mode?: 'hybrid' | 'text' | 'vector';
  readonly limit?: number;
  /** Equality on metadata. */
  readonly where?: Readonly<Record<string, string | number | boolean>>;
}

export interface SearchHit {
  readonly id: string;
  readonly title: string | null;
  readonly text: string;
  /** What hits are ordered by; comparable within one query. */
  readonly score: number;
  /** BM25, larger is better, comparable within one query; null where the words are not in it. */
  readonly textScore: number | null;
  /** Cosine, -1 to 1, comparable between queries: what "is it near enough" is decided by. Null where meaning was not asked. */
  readonly vectorScore: number | null;
  readonly metadata: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

export interface SearchIndex {
  query(ask: SearchAsk, options?: StepOptions): Promise<readonly SearchHit[]>;
}

/** How often a step is tried, and how long it may take. */
export interface StepOptions {
  /** Tries in all, 1 to 10. A model call that failed for a passing reason is tried again; a refusal is not. */
  readonly attempts?: number;
  readonly timeoutMs?: number;
}

export interface EffectOptions extends StepOptions {
  /**
   * An effect is tried again after a crash, with the same key: whoever receives it must know the key. For those who cannot, `once`
   * promises at most one try, and a crash in the middle of it ends the step with `step_indeterminate` instead.
   */
  readonly once?: boolean;
}

export interface EffectAt {
  /** The same for every try of this step, different from every other step's. */
  readonly key: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
}

export interface GatherOptions {
  /** Branches that run at once, 1 to 16; the default 6 is what one object may hold of connections. */
  readonly parallel?: number;
}

type ModelsOf<U extends Uses> = {
  readonly [A in keyof NonNullable<U['models']>]: NonNullable<U['models']>[A] extends ChatUse
    ? ChatModel
    : EmbeddingModel;
};

type FunctionsOf<U extends Uses> = NonNullable<U['functions']>;
type InputOf<F> = F extends CompoundFunction<infer I> ? I : never;
type OutputOf<F> = F extends CompoundFunction<infer I, infer O> ? ([I] extends [never] ? never : O) : never;

export interface RunContext<U extends Uses = Uses> {
  readonly run: { readonly id: string; readonly tenant: string; readonly function: string };
  readonly models: ModelsOf<U>;
  readonly search: { readonly [A in keyof NonNullable<U['indexes']>]: SearchIndex };
  /** Fires when the run, or the branch that this context belongs to, has been given up. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds by which the run has ended, one way or the other; no step gets more time than is left. */
  readonly deadline: number;
  /** Another function as a run of its own, under what is left of this one's budget. */
  call<A extends keyof FunctionsOf<U> & string>(
    alias: A,
    input: InputOf<FunctionsOf<U>[A]>,
  ): Promise<OutputOf<FunctionsOf<U>[A]>>;
  /** An effect of the author's own. Its value comes from the journal once it was done. */
  step<T extends Json>(
    name: string,
    effect: (at: EffectAt) => T | Promise<T>,
    options?: EffectOptions,
  ): Promise<T>;
  /** All branches, a bounded number at once; the first failure ends the others and is thrown. */
  all<T>(branches: readonly ((branch: RunContext<U>) => Promise<T>)[], options?: GatherOptions): Promise<T[]>;
  /** The branch that succeeds first; the others are ended. Fails with the last failure when none succeeds. */
  race<T>(branches: readonly ((branch: RunContext<U>) => Promise<T>)[]): Promise<T>;
  /** An event for whoever follows the run. */
  emit(type: string, data: Json): void;
  /** Words of the answer that do not come from a model; they follow what a streaming step has said. */
  say(text: string): void;
  /** The best output so far: what a caller gets when the run's budget ends before the run does. */
  draft(output: Json): void;
  sleep(ms: number): Promise<void>;
  /** Epoch milliseconds of the last thing that this run has learned: the same at every replay. */
  now(): number;
  /** In [0, 1), drawn from the run's id: the same at every replay. */
  random(): number;
}

/** Ends a run with a code and a message for the caller: both are shown, so neither may hold a secret. */
export class FunctionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'FunctionError';
    this.code = code;
  }
}
