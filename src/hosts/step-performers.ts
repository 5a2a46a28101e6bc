// How the steps of a run reach models and other functions: route by the tenant's rules, dispatch with the step's deadline, measure. Owns the
// translation between steps and requests; what is retried is decided by the core.
import type { Failure } from '../core/api/failure.ts';
import { renderFailure } from '../core/api/render-failure.ts';
import { ok, type Result } from '../core/base/result.ts';
import type { JsonObject } from '../core/door/parse-body.ts';
import type { Catalogue } from '../core/registry/model.ts';
import type { Criticality } from '../core/resilience/criticality.ts';
import type { Json } from '../core/run/json.ts';
import type { RunBudget } from '../core/run/run-budget.ts';
import type { IndexUse } from '../core/run/define-function.ts';
import type { ChatAsk, SearchAsk, SearchHit } from '../core/run/run-context.ts';
import type { AttemptEnd, StepProgress } from '../core/run/run-events.ts';
import type { StepMeasure } from '../core/run/run-state.ts';
import type { RunView } from '../core/run/view-run.ts';
import { performChatTurn } from './chat-turn.ts';
import { dispatch } from './dispatch.ts';
import type { DispatchLimits, DispatchPorts, DispatchSummary } from './dispatch.ts';
import { NOTHING_MEASURED } from './perform-effect.ts';
import type { PlannedRequest } from './plan-request.ts';
import { parseEmbeddingReply } from '../core/search/embedding-reply.ts';
import type { Attempt, Attempted, CalledFunction, StepPerformers } from './run-ports.ts';
import { stepRequest, withinStep, type Step, type StepTeller } from './step-request.ts';

/** What a run is begun with. */
export interface RunStart {
  readonly id: string;
  readonly tenant: string;
  readonly function: string;
  readonly version: number;
  readonly input: Json;
  readonly budget: RunBudget;
  readonly parent: string | null;
  /** Of the key that asks, or of the run that calls; `default` where it is left out. */
  readonly criticality?: Criticality;
}

/** A child run as its parent sees it. */
export interface ChildRun {
  start(start: RunStart): Promise<Result<RunView, Failure>>;
  wait(): Promise<Result<RunView, Failure>>;
  cancel(): Promise<unknown>;
}

/** One call of a model, before it has a route. */
export interface StepCall extends Step {
  readonly tenant: string;
  readonly limits: DispatchLimits;
}

export interface PerformerParts extends StepTeller {
  readonly catalogue: Catalogue;
  readonly limits: DispatchLimits;
  /** The route of one call, by the tenant's rules. */
  plan(call: StepCall): Promise<Result<PlannedRequest, Failure>>;
  readonly ports: DispatchPorts;
  child(tenant: string, id: string): ChildRun;
  search(search: StepSearch): Promise<Result<readonly SearchHit[], Failure>>;
}

export interface StepSearch {
  readonly tenant: string;
  readonly use: IndexUse;
  readonly ask: SearchAsk;
  /** What is left to the step. */
  readonly withinMs: number;
  readonly criticality: Criticality;
  onProgress(progress: StepProgress): void;
}

/** Failures that the same request may escape a little later. What the model refused, and our own bugs, are not among them. */
const PASSING: ReadonlySet<Failure['kind']> = new Set([
  'queue-full',
  'wait-timeout',
  'cannot-start',
  'backend-down',
  'circuit-open',
  'replica-busy',
  'replica-unreachable',
  'replica-error',
  'bad-reply',
  'stream-cut',
  'first-token-timeout',
  'idle-timeout',
]);

export function makePerformers(parts: PerformerParts): StepPerformers {
  return {
    chat: (attempt, model, ask, onText) => performChat(parts, attempt, { model, ask, onText }),
    embed: (attempt, model, texts) => performEmbed(parts, attempt, model, texts),
    search: (attempt, use, ask, onProgress) => performSearch(parts, attempt, { use, ask, onProgress }),
    call: (attempt, called) => performCall(parts, attempt, called),
  };
}

interface ChatCall {
  readonly model: string;
  readonly ask: ChatAsk;
  readonly onText: ((text: string) => Promise<void>) | null;
}

async function performChat(parts: PerformerParts, attempt: Attempt, call: ChatCall): Promise<Attempted> {
  const { model, ask, onText } = call;
  const step = { task: 'chat', model, body: chatBody(ask) } as const;
  const planned = await planStep(parts, attempt, step);
  if (!planned.ok) return refusal(planned.error);
  let summary: DispatchSummary | null = null;
  const request = {
    ...stepRequest(parts, attempt, step, planned.value),
    path: '/v1/chat/completions' as const,
    stream: true,
    onEnd: (end: DispatchSummary) => void (summary = end),
  };
  const turn = await performChatTurn(parts.ports, request, planned.value.limits, onText ?? ignore);
  const measure = measureOf(parts, planned.value, summary);
  if (!turn.ok) return { end: endOf(turn.error), measure };
  const { text, finishReason, usage, served } = turn.value;
  const value = {
    text,
    finishReason,
    promptTokens: usage?.promptTokens ?? 0,
    completionTokens: usage?.completionTokens ?? 0,
    version: served.version ?? planned.value.attempts[0].version,
  };
  return { end: { ok: true, value }, measure };
}

async function performEmbed(
  parts: PerformerParts,
  attempt: Attempt,
  model: string,
  texts: readonly string[],
): Promise<Attempted> {
  const step = { task: 'embedding', model, body: { input: texts } } as const;
  const planned = await planStep(parts, attempt, step);
  if (!planned.ok) return refusal(planned.error);
  let summary: DispatchSummary | null = null;
  const request = {
    ...stepRequest(parts, attempt, step, planned.value),
    path: '/v1/embeddings' as const,
    stream: false,
    onEnd: (end: DispatchSummary) => void (summary = end),
  };
  const outcome = await dispatch(parts.ports, request, planned.value.limits);
  const measure = measureOf(parts, planned.value, summary);
  if (outcome.kind === 'failed') return { end: endOf(outcome.failure), measure };
  if (outcome.kind === 'stream') return { end: endOf({ kind: 'bad-reply' }), measure };
  const vectors = parseEmbeddingReply(outcome.body, texts.length);
  if (!vectors.ok) return { end: endOf(vectors.error), measure };
  return { end: { ok: true, value: vectors.value.map(shorten) }, measure };
}

/** Six digits are more than an embedding means, and half of what a journal would hold otherwise. */
function shorten(vector: Float32Array): readonly number[] {
  return Array.from(vector, (x) => Math.round(x * 1e6) / 1e6);
}

async function performSearch(
  parts: PerformerParts,
  attempt: Attempt,
  search: Pick<StepSearch, 'use' | 'ask' | 'onProgress'>,
): Promise<Attempted> {
  const { tenant, criticality } = attempt;
  const withinMs = withinStep(parts.limits, attempt).totalMs;
  const hits = await parts.search({ ...search, tenant, withinMs, criticality });
  if (!hits.ok) return refusal(hits.error);
  return { end: { ok: true, value: hits.value as unknown as Json }, measure: NOTHING_MEASURED };
}

/** The child has its parent's id and the step's number for its name: a second attempt finds the run that the first began. */
async function performCall(
  parts: PerformerParts,
  attempt: Attempt,
  called: CalledFunction,
): Promise<Attempted> {
  const { fn, budget } = called;
  if (budget.depth < 1 || budget.steps < 1) {
    const message =
      budget.depth < 1 ? 'Functions call each other too deep.' : 'The budget of the run is used up.';
    return failure('budget_depth', message);
  }
  const input = fn.input.safeParse(called.input);
  if (!input.success) {
    const issue = input.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    return failure(
      'invalid_input',
      `"${fn.name}" was called with an input that does not fit: ${where} ${issue?.message ?? ''}`,
    );
  }
  const id = `${attempt.run}.${attempt.n}`;
  const child = parts.child(attempt.tenant, id);
  const { tenant, run: parent, criticality, signal } = attempt;
  const onGivenUp = (): void => parts.ports.waitUntil(child.cancel().catch(() => undefined));
  signal.addEventListener('abort', onGivenUp, { once: true });
  try {
    const { name, version } = fn;
    const begun = await child.start({
      id,
      tenant,
      function: name,
      version,
      input: called.input,
      budget,
      parent,
      criticality,
    });
    const ended = begun.ok ? await child.wait() : begun;
    return ended.ok ? endOfChild(ended.value) : refusal(ended.error);
  } catch {
    // The child's object died; it goes on by itself, and the next attempt finds it.
    return { end: endOf({ kind: 'replica-unreachable' }), measure: NOTHING_MEASURED };
  } finally {
    signal.removeEventListener('abort', onGivenUp);
  }
}

function endOfChild(run: RunView): Attempted {
  const { tokens, cost_micros: micros } = run.usage;
  const measure = { ...NOTHING_MEASURED, tokens, micros };
  if (run.status === 'completed') return { end: { ok: true, value: run.output }, measure };
  const code =
    run.error?.code ?? (run.status === 'incomplete' ? (run.reason ?? 'incomplete') : 'run_cancelled');
  const message = run.error?.message ?? `The run of "${run.function}" ended ${run.status}.`;
  return { end: { ok: false, error: { code, message }, retryable: false, retryAfterMs: null }, measure };
}

async function planStep(
  parts: PerformerParts,
  attempt: Attempt,
  step: Step,
): Promise<Result<PlannedRequest, Failure>> {
  const limits = withinStep(parts.limits, attempt);
  const planned = await parts.plan({ ...step, tenant: attempt.tenant, limits });
  // A rule's own time for the target may be longer than the step has.
  return planned.ok ? ok({ ...planned.value, limits: withinStep(planned.value.limits, attempt) }) : planned;
}

function chatBody(ask: ChatAsk): JsonObject {
  return {
    stream: true,
    stream_options: { include_usage: true },
    messages: ask.messages,
    ...(ask.temperature === undefined ? {} : { temperature: ask.temperature }),
    ...(ask.maxTokens === undefined ? {} : { max_tokens: ask.maxTokens }),
    ...(ask.seed === undefined ? {} : { seed: ask.seed }),
    ...(ask.stop === undefined ? {} : { stop: ask.stop }),
    ...(ask.responseFormat === undefined ? {} : { response_format: ask.responseFormat }),
  };
}

/** By the target that answered; by the first where none did. */
function measureOf(
  { catalogue }: PerformerParts,
  { attempts }: PlannedRequest,
  summary: DispatchSummary | null,
): StepMeasure {
  const { pool, version: id } =
    attempts.find(({ version: each }) => each === summary?.served.version) ?? attempts[0];
  const version = catalogue.versions.find((each) => each.id === id);
  if (summary === null || version === undefined) return { ...NOTHING_MEASURED, pool, version: id };
  const { warmth, waitMs } = summary.served;
  const waitedMs = Math.round(waitMs ?? 0);
  const isHot = warmth === 'hot' || warmth === null;
  const computeMs = Math.max(0, summary.totalMs - waitedMs);
  const tokens = (summary.usage?.promptTokens ?? 0) + (summary.usage?.completionTokens ?? 0);
  // A slot is its share of the replica for as long as it is held.
  const micros = Math.ceil((computeMs / 1000) * (version.hotMicrosPerSecond / version.slots));
  return {
    pool,
    version: version.id,
    warmth,
    queueMs: isHot ? waitedMs : 0,
    coldMs: isHot ? 0 : waitedMs,
    tokens,
    micros,
  };
}

function endOf(failed: Failure): AttemptEnd {
  const { headers, body } = renderFailure(failed);
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return {
    ok: false,
    error: { code: body.error.code, message: body.error.message },
    retryable: PASSING.has(failed.kind),
    retryAfterMs: Number.isNaN(seconds) ? null : seconds * 1000,
  };
}

function refusal(failed: Failure): Attempted {
  return { end: endOf(failed), measure: NOTHING_MEASURED };
}

function failure(code: string, message: string): Attempted {
  return {
    end: { ok: false, error: { code, message }, retryable: false, retryAfterMs: null },
    measure: NOTHING_MEASURED,
  };
}

async function ignore(): Promise<void> {}
