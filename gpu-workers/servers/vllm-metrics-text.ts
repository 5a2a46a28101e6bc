// The part of vLLM's /metrics that says what runs, as Prometheus text in vLLM's own names. Pure.

export interface VllmFigures {
  readonly model: string;
  readonly running: number;
  readonly waiting: number;
  readonly cacheShare: number;
  readonly generationTokens: number;
  readonly requests: number;
  readonly sleepState: 'awake' | 'weights_offloaded' | 'discard_all';
}

const sleepStates = ['awake', 'weights_offloaded', 'discard_all'] as const;

export function renderVllmMetrics(figures: VllmFigures): string {
  const labels = `engine="0",model_name="${figures.model}"`;
  const metric = (type: 'gauge' | 'counter', name: string, help: string, value: number): string =>
    [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name}{${labels}} ${render(value)}`].join('\n');
  return [
    '# HELP python_info Python platform information',
    '# TYPE python_info gauge',
    'python_info{implementation="CPython",major="3",minor="12",patchlevel="11",version="3.12.11"} 1.0',
    metric(
      'gauge',
      'vllm:num_requests_running',
      'Number of requests in model execution batches.',
      figures.running,
    ),
    metric(
      'gauge',
      'vllm:num_requests_waiting',
      'Number of requests waiting to be processed.',
      figures.waiting,
    ),
    '# HELP vllm:engine_sleep_state Engine sleep state',
    '# TYPE vllm:engine_sleep_state gauge',
    ...sleepStates.map(
      (state) =>
        `vllm:engine_sleep_state{${labels},sleep_state="${state}"} ${state === figures.sleepState ? '1.0' : '0.0'}`,
    ),
    metric(
      'gauge',
      'vllm:kv_cache_usage_perc',
      'KV-cache usage. 1 means 100 percent usage.',
      figures.cacheShare,
    ),
    metric(
      'counter',
      'vllm:generation_tokens_total',
      'Number of generation tokens processed.',
      figures.generationTokens,
    ),
    '# HELP vllm:request_success_total Count of successfully processed requests.',
    '# TYPE vllm:request_success_total counter',
    `vllm:request_success_total{${labels},finished_reason="stop"} ${render(figures.requests)}`,
    '',
  ].join('\n');
}

/** As Python prints its floats. */
function render(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
