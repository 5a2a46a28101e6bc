// Runs and functions of the tenant whose API key is used: what the page asks the endpoint, and the shapes of its answers.
import type { TraceJson } from '../core/run-trace/render-trace.ts';
import type { RunView } from '../core/run/view-run.ts';
import { askEndpoint, type EndpointRequest } from './endpoint.ts';

/** A run as the list shows it. `cold_ms` is there once the run's steps have reported it. */
export type ListedRun = Pick<
  RunView,
  'id' | 'function' | 'version' | 'status' | 'created_ms' | 'ended_ms' | 'parent' | 'usage'
> & { readonly cold_ms?: number };

/** The parts of JSON Schema that an example is made from. */
export interface InputSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, InputSchema>>;
  readonly required?: readonly string[];
  readonly items?: InputSchema;
  readonly anyOf?: readonly InputSchema[];
  readonly oneOf?: readonly InputSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly minItems?: number;
  readonly minimum?: number;
}

export interface FunctionView {
  readonly id: string;
  readonly version: number;
  readonly description: string;
  readonly input_schema: InputSchema;
  readonly models: readonly { readonly alias: string; readonly model: string }[];
  readonly indexes: readonly { readonly alias: string; readonly index: string }[];
}

export interface LogEvent {
  readonly seq: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface List<T> {
  readonly data: readonly T[];
}

/** As many as the endpoint gives in one answer. */
export const runsMax = 100;

export async function listRuns(key: string, signal: AbortSignal): Promise<readonly ListedRun[]> {
  const path = `/v1/runs?limit=${runsMax}`;
  return (await askEndpoint<List<ListedRun>>({ ...withKey(key), path, signal })).data;
}

export async function listFunctions(key: string, signal: AbortSignal): Promise<readonly FunctionView[]> {
  const path = '/v1/functions';
  return (await askEndpoint<List<FunctionView>>({ ...withKey(key), path, signal })).data;
}

export function readRun(key: string, run: string, signal: AbortSignal): Promise<RunView> {
  return askEndpoint({ ...withKey(key), path: `/v1/runs/${run}`, signal });
}

export function readTrace(key: string, run: string, signal: AbortSignal): Promise<TraceJson> {
  return askEndpoint({ ...withKey(key), path: `/v1/runs/${run}/trace`, signal });
}

/** What the log says after a position, at most one page of it. */
export async function readLog(
  key: string,
  run: string,
  { after, signal }: { readonly after: number; readonly signal: AbortSignal },
): Promise<readonly LogEvent[]> {
  const headers = { accept: 'application/json' };
  const path = `/v1/runs/${run}/events?after=${after}`;
  return (await askEndpoint<List<LogEvent>>({ ...withKey(key), path, headers, signal })).data;
}

export function cancelRun(key: string, run: string): Promise<RunView> {
  return askEndpoint({ ...withKey(key), path: `/v1/runs/${run}/cancel`, method: 'POST' });
}

/** Begins a run and does not wait for its end. `input` is JSON. */
export function startRun(key: string, name: string, input: string): Promise<RunView> {
  const headers = { 'content-type': 'application/json', prefer: 'respond-async' };
  return askEndpoint({
    ...withKey(key),
    path: `/v1/functions/${name}`,
    method: 'POST',
    headers,
    body: input,
  });
}

function withKey(key: string): Pick<EndpointRequest, 'secret' | 'refused'> {
  return { secret: key, refused: 'The API key is not valid.' };
}
