// A part of the comparison as it is handed on: its checks, its tables as Markdown, its plots, its figures.
import type { Check } from '../checks.ts';

export interface Section {
  /** `hot`, `parking`: the block in a document, and the key in the JSON. */
  readonly name: string;
  readonly markdown: string;
  readonly checks: readonly Check[];
  readonly plots: readonly { readonly name: string; readonly svg: string }[];
  readonly figures: unknown;
}
