// The command line of `vllm serve`, as far as recipes use it, for the server that stands in for vLLM. A flag that vLLM does not have, or
// that nobody here uses, is refused, so that a recipe with a slip of the pen does not pass. Pure.
//
// Written from https://docs.vllm.ai/en/latest/cli/serve/.
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../src/core/base/result.ts';

export interface VllmFlags {
  readonly model: string;
  /** The names that it answers to; the first is shown in replies. */
  readonly names: readonly string[];
  readonly host: string;
  readonly port: number;
  /** Sequences that run at once. */
  readonly slots: number;
  readonly hasSleepMode: boolean;
  readonly middleware: readonly string[];
}

const options = {
  host: { type: 'string' },
  port: { type: 'string', default: '8000' },
  'served-model-name': { type: 'string', multiple: true },
  'max-num-seqs': { type: 'string', default: '256' },
  'max-model-len': { type: 'string' },
  'gpu-memory-utilization': { type: 'string' },
  'tensor-parallel-size': { type: 'string' },
  'enable-sleep-mode': { type: 'boolean', default: false },
  'enable-prefix-caching': { type: 'boolean' },
  'enforce-eager': { type: 'boolean' },
  'enable-auto-tool-choice': { type: 'boolean' },
  'tool-call-parser': { type: 'string' },
  runner: { type: 'string' },
  convert: { type: 'string' },
  dtype: { type: 'string' },
  revision: { type: 'string' },
  'uvicorn-log-level': { type: 'string' },
  middleware: { type: 'string', multiple: true },
} as const;

/** The arguments behind the program's name: `serve MODEL --port 8000`. */
export function parseVllmFlags(args: readonly string[]): Result<VllmFlags, string> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    return err(`vllm: error: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const { values, positionals } = parsed;
  const [verb, model, ...more] = positionals;
  if (verb !== 'serve' || model === undefined || more.length > 0)
    return err('vllm: error: usage: serve MODEL [flags]');
  const port = Number(values.port);
  const slots = Number(values['max-num-seqs']);
  if (!Number.isInteger(port) || !Number.isInteger(slots) || slots < 1)
    return err('vllm: error: --port and --max-num-seqs take whole numbers');
  return ok({
    model,
    names: values['served-model-name'] ?? [model],
    // It listens everywhere unless it is told otherwise.
    host: values.host ?? '0.0.0.0',
    port,
    slots,
    hasSleepMode: values['enable-sleep-mode'],
    middleware: values.middleware ?? [],
  });
}
