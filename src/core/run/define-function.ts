// How a compound function is written: its name, schemas, the models, indexes and functions that it uses, and its `run`. Owns the types
// that make a misspelt alias or a wrong message fail to compile; runs nothing. Pure.
import type { z } from 'zod';
import { assert } from '../base/assert.ts';
import type { RunBudget } from './run-budget.ts';
import type { ChatMessage, RunContext } from './run-context.ts';

/** A chat model by the name that a client would ask for: the tenant's rules apply to it. */
export interface ChatUse {
  readonly task: 'chat';
  readonly model: string;
}

export interface EmbeddingUse {
  readonly task: 'embedding';
  readonly model: string;
}

/** A search index of the tenant. With `documents` the function brings its own: they are loaded on first use. */
export interface IndexUse {
  readonly index: string;
  readonly documents?: readonly IndexSource[];
}

export interface IndexSource {
  readonly id: string;
  readonly text: string;
  readonly title?: string;
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
}

/** What a function uses, by the alias under which its code knows it. */
export interface Uses {
  readonly models?: Readonly<Record<string, ChatUse | EmbeddingUse>>;
  readonly indexes?: Readonly<Record<string, IndexUse>>;
  readonly functions?: Readonly<Record<string, CompoundFunction>>;
}

/** How a chat conversation becomes an input, and an output the text of an answer: with it a function can be asked as a chat model. */
export interface ChatForm<I, O> {
  input(messages: readonly ChatMessage[]): I;
  text(output: O): string;
}

export interface FunctionSpec<I extends z.ZodType, O extends z.ZodType, U extends Uses> {
  /** Small letters, digits and dashes: it stands in paths. */
  readonly name: string;
  /** Runs end on the version that they began with: raise it when a change would make an old journal read wrongly. */
  readonly version: number;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly uses: U;
  readonly budget?: Partial<RunBudget>;
  readonly chat?: ChatForm<z.input<I>, z.output<O>>;
  /** Everything outside its arguments goes through `ctx`: a run is replayed from its journal after a crash. */
  run(ctx: RunContext<U>, input: z.output<I>): Promise<z.input<O>>;
}

/** A function as the platform holds it: what it takes and gives is known by its schemas alone. */
export interface CompoundFunction<I = unknown, O = unknown> {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
  readonly uses: Uses;
  readonly budget: Partial<RunBudget>;
  readonly chat: ChatForm<unknown, unknown> | null;
  run(ctx: RunContext, input: unknown): Promise<unknown>;
}

export function chat(model: string): ChatUse {
  return { task: 'chat', model };
}

export function embedding(model: string): EmbeddingUse {
  return { task: 'embedding', model };
}

export function searchIndex(index: string, documents?: readonly IndexSource[]): IndexUse {
  return documents === undefined ? { index } : { index, documents };
}

/** Checks the name and the version, and forgets the types that only the author's file needs. Throws on a name that no path can hold. */
export function defineFunction<I extends z.ZodType, O extends z.ZodType, const U extends Uses>(
  spec: FunctionSpec<I, O, U>,
): CompoundFunction<z.input<I>, z.output<O>> {
  const { name, version, description, input, output, uses, budget } = spec;
  assert(/^[a-z][a-z0-9-]{0,63}$/.test(name), `a function's name is small letters, digits, dashes: ${name}`);
  assert(Number.isSafeInteger(version) && version >= 1, `${name}: a version is a whole number from 1`);
  return {
    name,
    version,
    description,
    // The schemas and `run` belong together by the types of `spec`; outside they are only ever used through the schemas.
    input: input as unknown as z.ZodType<z.input<I>>,
    output: output as unknown as z.ZodType<z.output<O>>,
    uses,
    budget: budget ?? {},
    chat: spec.chat ?? null,
    run: (ctx, value) => spec.run(ctx as unknown as RunContext<U>, value as z.output<I>),
  };
}
