// The backend `agent`: replicas behind the agent's HTTP protocol (gpu-workers/CONTRACT.md). Owns deadlines, the token, and reading
// replies that it does not trust; decides nothing and retries nothing. Never throws.
import type { z } from 'zod';
import { err, ok, type Result } from '../core/base/result.ts';
import { capacityReply, errorReply, listReply, replicaReport } from './agent-protocol.ts';
import { localProcesses } from './capabilities.ts';
import type { Backend, BackendCapabilities, BackendError, ReplicaRef, ReplicaReport } from './backend.ts';

export interface AgentBackendOptions {
  /** Base URL of the agent, without a trailing slash; empty = no agent is configured. */
  readonly url: string;
  readonly token: string;
  /** Of the drivers behind the agent, as far as this pool uses them. */
  readonly capabilities?: BackendCapabilities;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** What a call may take beyond the time that it asks the agent to wait. */
  readonly marginMs?: number;
}

const marginMsDefault = 5_000;
/** The agent answers a park, wake or drain within 20 seconds and ends a process within 4; the rest is for the way. */
const turnMs = 25_000;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly deadlineMs: number;
}

export function makeAgentBackend(options: AgentBackendOptions): Backend {
  const marginMs = options.marginMs ?? marginMsDefault;
  const turn = (ref: ReplicaRef, verb: string): Promise<Result<ReplicaReport, BackendError>> => {
    const body = { generation: ref.generation };
    return read(
      options,
      { method: 'POST', path: `${pathOf(ref)}/${verb}`, body, deadlineMs: turnMs },
      replicaReport,
    );
  };
  return {
    capabilities: options.capabilities ?? localProcesses,
    start({ generation, pool, version, waitMs, ...ref }) {
      const body = { generation, pool, version, waitMs };
      const path = pathOf({ ...ref, generation });
      return read(options, { method: 'PUT', path, body, deadlineMs: waitMs + marginMs }, replicaReport);
    },
    park: (ref) => turn(ref, 'park'),
    wake: (ref) => turn(ref, 'wake'),
    drain: (ref) => turn(ref, 'drain'),
    async stop(ref) {
      const path = `${pathOf(ref)}?generation=${ref.generation}`;
      const text = await call(options, { method: 'DELETE', path, deadlineMs: turnMs });
      return text.ok ? ok(null) : text;
    },
    async list(pool) {
      const path = `/v1/replicas?pool=${encodeURIComponent(pool)}`;
      const reply = await read(options, { method: 'GET', path, deadlineMs: marginMs }, listReply);
      return reply.ok ? ok(reply.value.replicas) : reply;
    },
    capacity: () =>
      read(options, { method: 'GET', path: '/v1/capacity', deadlineMs: marginMs }, capacityReply),
    async hold(body) {
      const text = await call(options, { method: 'PUT', path: '/v1/holds', body, deadlineMs: turnMs });
      return text.ok ? ok(null) : text;
    },
  };
}

function pathOf({ id }: ReplicaRef): string {
  return `/v1/replicas/${encodeURIComponent(id)}`;
}

/** One call whose answer has a body of a known shape. */
async function read<T>(
  options: AgentBackendOptions,
  asked: Call,
  schema: z.ZodType<T>,
): Promise<Result<T, BackendError>> {
  const text = await call(options, asked);
  if (!text.ok) return text;
  const parsed = schema.safeParse(tryJson(text.value));
  if (parsed.success) return ok(parsed.data);
  return err({ kind: 'bad-reply', message: `the agent's answer to ${asked.method} has an unknown shape` });
}

/** One call; gives the text of a 2xx answer. */
async function call(options: AgentBackendOptions, asked: Call): Promise<Result<string, BackendError>> {
  // Detached, because the platform's own fetch refuses to be a method of something else.
  const { url, token, fetch } = options;
  if (url === '') return err({ kind: 'unreachable', message: 'no agent is configured' });
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (asked.body !== undefined) headers['content-type'] = 'application/json';
  // Cleared as soon as the call ends: a timer that lives on would keep a Durable Object from going to sleep.
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), asked.deadlineMs);
  try {
    const response = await fetch(url + asked.path, {
      method: asked.method,
      headers,
      body: asked.body === undefined ? null : JSON.stringify(asked.body),
      signal: deadline.signal,
      redirect: 'manual',
    });
    const text = await response.text();
    return response.ok ? ok(text) : err(readError(response.status, text));
  } catch (cause) {
    return err(describeThrown(cause, asked.deadlineMs));
  } finally {
    clearTimeout(timer);
  }
}

function readError(status: number, text: string): BackendError {
  const parsed = errorReply.safeParse(tryJson(text));
  if (!parsed.success) return { kind: 'bad-reply', message: `the agent answered ${status}` };
  const { code, message, retryAfterMs, knownGeneration } = parsed.data.error;
  switch (code) {
    case 'no-capacity':
    case 'quota':
      return { kind: code, message, retryAfterMs: retryAfterMs ?? 1_000 };
    case 'stale-generation':
      if (knownGeneration === undefined)
        return { kind: 'bad-reply', message: 'the agent named no generation' };
      return { kind: code, message, knownGeneration };
    case 'invalid':
      return { kind: 'bad-reply', message: `the agent refused the call: ${message}` };
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

function describeThrown(cause: unknown, deadlineMs: number): BackendError {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'TimeoutError' || name === 'AbortError') {
    return { kind: 'timeout', message: `the agent did not answer within ${deadlineMs} ms` };
  }
  return { kind: 'unreachable', message: 'the agent cannot be reached' };
}
