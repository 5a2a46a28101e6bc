import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseVllmMetrics } from '../../../../gpu-workers/agent/server/vllm-metrics.ts';
import { renderVllmMetrics } from '../../../../gpu-workers/servers/vllm-metrics-text.ts';

/** As vLLM prints them, labels and all. */
const sample = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="Qwen/Qwen3-8B"} 3.0
# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="Qwen/Qwen3-8B"} 2.0
vllm:kv_cache_usage_perc{engine="0",model_name="Qwen/Qwen3-8B"} 0.4375
vllm:prompt_tokens_total{engine="0",model_name="Qwen/Qwen3-8B"} 1.2e+03
vllm:prompt_tokens_created{engine="0",model_name="Qwen/Qwen3-8B"} 1.7640e+09
vllm:generation_tokens_total{engine="0",model_name="Qwen/Qwen3-8B"} 27453.0
vllm:request_success_total{engine="0",finished_reason="stop",model_name="Qwen/Qwen3-8B"} 40.0
vllm:request_success_total{engine="0",finished_reason="length",model_name="Qwen/Qwen3-8B"} 2.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="Qwen/Qwen3-8B"} 42.0
`;

test('what runs, what waits, the fill of the cache and what was done are read', () => {
  expect(parseVllmMetrics(sample)).toEqual({ running: 3, waiting: 2, cacheShare: 0.4375, done: 28_695 });
});

test('several engines count together, and the fullest cache is the one that is told', () => {
  expect(
    parseVllmMetrics(sample + sample.replaceAll('engine="0"', 'engine="1"').replace('0.4375', '0.9')),
  ).toEqual({
    running: 6,
    waiting: 4,
    cacheShare: 0.9,
    done: 57_390,
  });
});

test('the older name of the cache is read too, and a server without one has none', () => {
  expect(parseVllmMetrics(sample.replace('kv_cache_usage_perc', 'gpu_cache_usage_perc'))).toMatchObject({
    cacheShare: 0.4375,
  });
  expect(parseVllmMetrics(sample.replace('kv_cache_usage_perc', 'other'))).toMatchObject({
    cacheShare: null,
  });
});

test.each([
  ['nothing', ''],
  ['a page', '<html>not metrics</html>'],
  ['one gauge of the two', sample.replaceAll('num_requests_waiting', 'other')],
  ['no number', sample.replace('3.0', 'NaN')],
  ['a number that cannot be', sample.replace('3.0', '-1.0')],
])('of %s nothing is made up', (_, text) => {
  expect(parseVllmMetrics(text)).toBeNull();
});

test('whatever the text, it is read or refused', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat({ max: sample.length }), (noise, at) => {
      const read = parseVllmMetrics(sample.slice(0, at) + noise + sample.slice(at));
      expect(read === null || read.running >= 0).toBe(true);
    }),
  );
});

test('the stand-in prints what is read', () => {
  const figures = { model: 'm', running: 1, waiting: 2, cacheShare: 0.5, generationTokens: 7, requests: 3 };
  const text = renderVllmMetrics({ ...figures, sleepState: 'awake' });
  expect(parseVllmMetrics(text)).toEqual({ running: 1, waiting: 2, cacheShare: 0.5, done: 10 });
});
