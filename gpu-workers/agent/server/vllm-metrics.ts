// Reads what the agent needs of vLLM's /metrics (Prometheus text): what runs, what waits, how full the cache is, and how much was done so
// far, which tells figures of now from figures of some time ago. Pure.
import type { ServerLoad } from '../../../src/backends/backend.ts';

export interface VllmMetrics extends ServerLoad {
  /** Grows with every step of the engine: tokens read and written, and requests that ended. */
  readonly done: number;
}

/** Several engines behind one server have a line each, told apart by a label. */
const summed = {
  running: ['vllm:num_requests_running'],
  waiting: ['vllm:num_requests_waiting'],
  done: ['vllm:prompt_tokens_total', 'vllm:generation_tokens_total', 'vllm:request_success_total'],
} as const;
/** The second is what servers before 0.11 call it. */
const cacheShares: readonly string[] = ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'];

/** Null where the text does not say what runs and what waits: no figure is made up. */
export function parseVllmMetrics(text: string): VllmMetrics | null {
  const samples = text.split('\n').flatMap(parseSample);
  const valuesOf = (names: readonly string[]): readonly number[] =>
    samples.filter(({ name }) => names.includes(name)).map(({ value }) => value);
  const running = valuesOf(summed.running);
  const waiting = valuesOf(summed.waiting);
  if (running.length === 0 || waiting.length === 0) return null;
  const shares = valuesOf(cacheShares);
  return {
    running: sum(running),
    waiting: sum(waiting),
    cacheShare: shares.length === 0 ? null : Math.max(...shares),
    done: sum(valuesOf(summed.done)),
  };
}

interface Sample {
  readonly name: string;
  readonly value: number;
}

/** `name{label="value",...} 1.0`, perhaps with a time behind it; nothing for a comment, or for what is no number. */
function parseSample(line: string): readonly Sample[] {
  const [, name, value] = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{.*\})?\s+(\S+)(?:\s+\d+)?\s*$/.exec(line) ?? [];
  const number = Number(value);
  return name === undefined || !Number.isFinite(number) || number < 0 ? [] : [{ name, value: number }];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
