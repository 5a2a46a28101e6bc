// The backend `agent`: replicas behind the agent's HTTP protocol (gpu-workers/CONTRACT.md). Owns deadlines, the token, and reading
// untrusted replies; decides nothing. Never throws.
import type { z } from 'zod';
import { err, ok, type Result } from '../core/base/result.ts';
import { capacityReply, errorReply, listReply, replicaReport } from './agent-protocol.ts';
import type { Backend, BackendError, ReplicaRef, ReplicaReport, StartCommand } from './backend.ts';

export interface AgentBackendOptions {
  /** Base URL of the agent, without a trailing slash. */
  readonly url: string;
  readonly token: string;
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** What a call may take beyond the time that it asks the agent to wait. */
const marginMs = 5_000;
/** A wake loads weights again; a park or stop may wait for running requests to end. */
const turnMs = 30_000;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly deadlineMs: number;
}

export function makeAgentBackend(options: AgentBackendOptions): Backend {
  const report = (call: Call): Promise<Result<ReplicaReport, BackendError>> => callAgent(options, call, replicaReport);
  const turn = (ref: ReplicaRef, verb: string): Promise<Result<ReplicaReport, BackendError>> =>
    report({
      method: 'POST',
      path: `/v1/replicas/${ref.id}/${verb}`,
      body: { generation: ref.generation },
      deadlineMs: turnMs,
    });
  return {
    capabilities: { kind: 'direct-replicas', parking: true },
    start: ({ id, generation, pool, version, waitMs }: StartCommand) =>
      report({
        method: 'PUT',
        path: `/v1/replicas/${id}`,
        body: { generation, pool, version, waitMs },
        deadlineMs: waitMs + marginMs,
      }),
    park: (ref) => turn(ref, 'park'),
    wake: (ref) => turn(ref, 'wake'),
    drain: (ref) => turn(ref, 'drain'),
    stop: (ref) =>
      callAgent(
        options,
        { method: 'DELETE', path: `/v1/replicas/${ref.id}?generation=${ref.generation}`, deadlineMs: turnMs },
        null,
      ),
    async list(pool) {
      const path = `/v1/replicas?pool=${encodeURIComponent(pool)}`;
      const reply = await callAgent(options, { method: 'GET', path, deadlineMs: marginMs }, listReply);
      return reply.ok ? ok(reply.value.replicas) : reply;
    },
    capacity: () => callAgent(options, { method: 'GET', path: '/v1/capacity', deadlineMs: marginMs }, capacityReply),
  };
}

/** One call. A null schema expects no body. */
async function callAgent<T>(
  options: AgentBackendOptions,
  call: Call,
  schema: z.ZodType<T> | null,
): Promise<Result<T, BackendError>> {
  if (options.url === '') return err({ kind: 'unreachable', message: 'no agent is configured' });
  const headers: Record<string, string> = { authorization: `Bearer ${options.token}` };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  try {
    const response = await options.fetch(`${options.url}${call.path}`, {
      method: call.method,
      headers,
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: AbortSignal.timeout(call.deadlineMs),
      redirect: 'manual',
    });
    const text = await response.text();
    if (!response.ok) return err(readError(response.status, text));
    if (schema === null) return ok(null as T);
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? ok(parsed.data) : err({ kind: 'bad-reply', message: 'the agent sent an unknown shape' });
  } catch (cause) {
    return err(describeThrown(cause));
  }
}

function readError(status: number, text: string): BackendError {
  const parsed = errorReply.safeParse(tryJson(text));
  if (!parsed.success) return { kind: 'bad-reply', message: `the agent answered ${status}` };
  const { code, message, retryAfterMs, knownGeneration } = parsed.data.error;
  switch (code) {
    case 'no-capacity':
      return { kind: code, message, retryAfterMs: retryAfterMs ?? 1_000 };
    case 'stale-generation':
      return { kind: code, message, knownGeneration: knownGeneration ?? 0 };
    case 'invalid':
      return { kind: 'bad-reply', message };
    default:
      return { kind: code, message };
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function describeThrown(cause: unknown): BackendError {
  if (cause instanceof SyntaxError) return { kind: 'bad-reply', message: 'the agent sent no JSON' };
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    return { kind: 'timeout', message: 'the agent did not answer in time' };
  }
  return { kind: 'unreachable', message: 'the agent cannot be reached' };
}
