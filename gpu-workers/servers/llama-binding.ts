// The part of @fugood/llama.node that is used here, typed by hand: the package ships its TypeScript sources instead of declarations,
// and they do not pass this project's compiler settings.
import { createRequire } from 'node:module';

export interface LlamaToolCall {
  readonly id?: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface LlamaToken {
  readonly token: string;
  /** The whole text so far without markup of tool calls; absent while there is none. */
  readonly content?: string;
}

export interface LlamaResult {
  readonly text: string;
  readonly content?: string;
  readonly tool_calls?: readonly LlamaToolCall[];
  readonly stopped_limit: boolean | number;
  readonly context_full: boolean;
  readonly tokens_predicted: number;
}

export interface LlamaJob {
  readonly promise: Promise<LlamaResult>;
  /** Rejects the promise. */
  stop(): void;
}

export type LlamaOptions = Readonly<Record<string, unknown>>;

export interface LlamaContext {
  readonly parallel: {
    enable(config: { n_parallel: number; n_batch: number }): Promise<boolean>;
    disable(): void;
    completion(options: LlamaOptions, onToken: (id: number, token: LlamaToken) => void): Promise<LlamaJob>;
  };
  getFormattedChat(
    messages: readonly unknown[],
    template: undefined,
    options: LlamaOptions,
  ): { readonly prompt: string };
  tokenize(text: string): Promise<{ readonly tokens: ArrayLike<number> }>;
  release(): Promise<void>;
}

interface Binding {
  loadModel(options: LlamaOptions): Promise<LlamaContext>;
}

export function loadBinding(): Binding {
  return createRequire(import.meta.url)('@fugood/llama.node') as Binding;
}
