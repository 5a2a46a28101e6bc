// The part of @fugood/llama.node that is used here, typed by hand: the package ships its TypeScript sources instead of declarations,
// and they do not pass this project's compiler settings.
import { createRequire } from 'node:module';

export interface LlamaToken {
  readonly token: string;
}

export interface LlamaResult {
  readonly text: string;
  readonly content?: string;
  readonly tool_calls?: readonly {
    readonly id?: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly stopped_limit: boolean | number;
  readonly context_full: boolean;
  readonly tokens_evaluated: number;
  readonly tokens_predicted: number;
}

export interface LlamaJob {
  readonly promise: Promise<LlamaResult>;
  stop(): void;
}

export interface LlamaContext {
  readonly parallel: {
    enable(config: { n_parallel: number; n_batch: number }): Promise<boolean>;
    disable(): void;
    completion(
      options: Readonly<Record<string, unknown>>,
      onToken: (id: number, token: LlamaToken) => void,
    ): Promise<LlamaJob>;
  };
  getFormattedChat(
    messages: readonly unknown[],
    template: string | undefined,
    params: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly prompt: string }> | { readonly prompt: string };
  tokenize(text: string): Promise<{ readonly tokens: ArrayLike<number> }>;
  release(): Promise<void>;
}

interface Binding {
  loadModel(options: Readonly<Record<string, unknown>>): Promise<LlamaContext>;
  toggleNativeLog(on: boolean): Promise<void>;
}

export function loadBinding(): Binding {
  return createRequire(import.meta.url)('@fugood/llama.node') as Binding;
}
