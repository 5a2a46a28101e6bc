// What the Worker, a session and a parent run say to a run's object: its name, and typed calls over texts of JSON (the platform's own call
// types cannot follow values of any depth). A stub that has seen an error stays broken, so each call makes its own.
import type { Failure } from '../src/core/api/failure.ts';
import type { Result } from '../src/core/base/result.ts';
import type { LogEntry, RunState } from '../src/core/run/run-state.ts';
import type { RunView } from '../src/core/run/view-run.ts';
import type { Env } from '../src/env.ts';
import type { RunStart } from '../src/hosts/step-performers.ts';
import type { RunObject } from './run-object.ts';

type RunEnv = Pick<Env, 'RUN'>;

/** Header of a stream of events: what a follower has seen last. */
export const AFTER_HEADER = 'x-run-after';
export const TENANT_HEADER = 'x-run-tenant';
/** JSON of a ChatFormHead: the stream is to look like a chat completion's. */
export const CHAT_FORM_HEADER = 'x-run-chat-form';

export interface RunRef {
  readonly tenant: string;
  readonly id: string;
}

/** Begins the run; the same again changes nothing. */
export async function beginRun(env: RunEnv, start: RunStart): Promise<Result<RunView, Failure>> {
  return parse(await stubOf(env, start).start(JSON.stringify(start)));
}

export async function viewRunOf(env: RunEnv, ref: RunRef): Promise<Result<RunView, Failure>> {
  return parse(await stubOf(env, ref).view(ref.tenant));
}

/** The run once it has ended. Throws when the object dies meanwhile; the run goes on, and may be waited for again. */
export async function waitForRun(env: RunEnv, ref: RunRef): Promise<Result<RunView, Failure>> {
  return parse(await stubOf(env, ref).wait(ref.tenant));
}

export async function cancelRunOf(env: RunEnv, ref: RunRef): Promise<Result<RunView, Failure>> {
  return parse(await stubOf(env, ref).cancel(ref.tenant));
}

export async function journalOf(env: RunEnv, ref: RunRef): Promise<Result<RunState, Failure>> {
  return parse(await stubOf(env, ref).journal(ref.tenant));
}

export async function pageOfRun(
  env: RunEnv,
  ref: RunRef,
  afterSeq: number,
): Promise<Result<readonly LogEntry[], Failure>> {
  return parse(await stubOf(env, ref).page(ref.tenant, afterSeq));
}

/** Entries after a position, once there are some; empty when none came for a while. */
export async function nextOfRun(
  env: RunEnv,
  ref: RunRef,
  afterSeq: number,
): Promise<Result<readonly LogEntry[], Failure>> {
  return parse(await stubOf(env, ref).next(ref.tenant, afterSeq));
}

/** The run's events as a stream of bytes. */
export function followRunOf(
  env: RunEnv,
  ref: RunRef,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return stubOf(env, ref).fetch('https://run/events', {
    headers: { ...headers, [TENANT_HEADER]: ref.tenant },
  });
}

/** The tenant is the fixed part of the name: ids hold no slash, so no tenant and id can be read as another pair. */
function stubOf(env: RunEnv, { tenant, id }: RunRef): DurableObjectStub<RunObject> {
  return env.RUN.getByName(`${tenant}/${id}`);
}

function parse<T>(text: string): Result<T, Failure> {
  return JSON.parse(text) as Result<T, Failure>;
}
