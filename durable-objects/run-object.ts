// One run: gives the run host its rows, its alarm, its clock and those who perform its steps. Owns no decision.
// Name: `tenant/runId`. Tables: run-store.ts. Alarm: the run's watch while it is active, its end of keeping after that.
import { DurableObject } from 'cloudflare:workers';
import type { Failure } from '../src/core/api/failure.ts';
import { err, ok, type Result } from '../src/core/base/result.ts';
import { hashText } from '../src/core/run/hash-text.ts';
import { stableText } from '../src/core/run/json.ts';
import { isTerminal, type LogEntry, type RunState } from '../src/core/run/run-state.ts';
import { ChatStreamForm, type ChatFormHead } from '../src/core/run/chat-stream-form.ts';
import { renderLogEntry, viewRun } from '../src/core/run/view-run.ts';
import { followLog, type LogSink } from '../src/hosts/follow-log.ts';
import { RunHost } from '../src/hosts/run-host.ts';
import type { SetTimer } from '../src/hosts/session-ports.ts';
import type { Env } from '../src/env.ts';
import type { RunStart } from '../src/hosts/step-performers.ts';
import { AFTER_HEADER, CHAT_FORM_HEADER, TENANT_HEADER } from './run-call.ts';
import { runOutside, type RunOutside } from './run-outside.ts';
import { openRunStore } from './run-store.ts';

const KEEP_ALIVE_MS = 5_000;

/** How long one call waits for something new: short enough that a broken connection is soon noticed. */
const NEXT_MS = 10_000;

/** After an alarm that failed (a full disk, say) the next try comes this much later; the platform would give up after six. */
const ALARM_RETRY_MS = 30_000;

const unknownRun = err({ kind: 'unknown-run' } as const);

/** Entries of the log in one answer. */
const PAGE_MAX = 500;

export class RunObject extends DurableObject<Env> {
  readonly #host: RunHost;
  readonly #outside: RunOutside;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#outside = this.outside();
    this.#host = new RunHost({
      ...this.#outside,
      store: openRunStore(ctx.storage),
      now: () => Date.now(),
      setTimer,
      setWake: (atMs) =>
        ctx.waitUntil(atMs === null ? ctx.storage.deleteAlarm() : ctx.storage.setAlarm(atMs)),
      waitUntil: (work) => ctx.waitUntil(work),
      crash: (reason) => ctx.abort(String(reason)),
    });
  }

  /** Each answers with a Result as JSON (run-call.ts). The same start again changes nothing. */
  start(startText: string): string {
    const start = JSON.parse(startText) as RunStart;
    const inputHash = hashText(stableText(start.input) ?? '');
    const begun = this.#host.create({ ...start, inputHash, createdMs: Date.now() });
    return JSON.stringify(begun.ok ? ok(viewRun(begun.value)) : begun);
  }

  view(tenant: string): string {
    return this.#answer(tenant, viewRun);
  }

  /** The run once it has ended. */
  async wait(tenant: string): Promise<string> {
    for (;;) {
      const changed = this.#host.changed();
      if (this.#stateOf(tenant)?.progress.status.kind !== 'active') return this.view(tenant);
      await changed;
    }
  }

  /** Ends the run, from whatever connection the wish comes; one that has ended stays as it is. */
  cancel(tenant: string): string {
    if (this.#stateOf(tenant) !== null) this.#host.cancel();
    return this.view(tenant);
  }

  /** The whole state, for the trace. */
  journal(tenant: string): string {
    return this.#answer(tenant, (state) => state);
  }

  page(tenant: string, afterSeq: number): string {
    return JSON.stringify(this.#page(tenant, afterSeq));
  }

  /** As `page`, but waits a while for something to tell. */
  async next(tenant: string, afterSeq: number): Promise<string> {
    const changed = this.#host.changed();
    const page = this.#page(tenant, afterSeq);
    if (!page.ok || page.value.length > 0) return JSON.stringify(page);
    const late = new AbortController();
    await Promise.race([changed, scheduler.wait(NEXT_MS, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    return this.page(tenant, afterSeq);
  }

  /** The log from a position on as server-sent events, until the run has ended. A reader that goes away ends nothing. */
  override async fetch(request: Request): Promise<Response> {
    const tenant = request.headers.get(TENANT_HEADER) ?? '';
    const afterSeq = Number(request.headers.get(AFTER_HEADER) ?? 0);
    const page = this.#page(tenant, afterSeq);
    if (!page.ok) return Response.json(page.error, { status: 500 });
    const isOver = this.#host.state?.progress.status.kind !== 'active';
    if (isOver && page.value.length === 0) return new Response('data: [DONE]\n\n');
    // Only this kind of stream waits at the output gate for the rows that its bytes were read from.
    const { readable, writable } = new IdentityTransformStream();
    const chatForm = request.headers.get(CHAT_FORM_HEADER);
    const form = chatForm === null ? eventForm : this.#chatForm(JSON.parse(chatForm) as ChatFormHead);
    const log = {
      read: (after: number, max: number) => this.#host.log(after, max),
      changed: () => this.#host.changed(),
      render: (entry: LogEntry) => form(entry),
      isLast: ({ type }: LogEntry) => isTerminal(type),
      farewell: () => (this.#isActive() ? null : DONE),
      setTimer,
    };
    this.ctx.waitUntil(followLog(log, textSink(writable), { afterSeq, keepAliveMs: KEEP_ALIVE_MS }));
    return new Response(readable);
  }

  override async alarm(): Promise<void> {
    try {
      this.#host.tick();
    } catch {
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_MS);
    }
  }

  /** How steps are performed from this object. */
  protected outside(): RunOutside {
    return runOutside(this.env, this.ctx);
  }

  /** The log in the words of a chat completion's stream. */
  #chatForm(head: ChatFormHead): (entry: LogEntry) => string {
    const spec = this.#host.state?.spec;
    const fn = spec === undefined ? null : this.#outside.findFunction(spec.function, spec.version);
    const form = new ChatStreamForm(head, (output) => fn?.chat?.text(output) ?? '');
    return (entry) => form.render(entry);
  }

  #isActive(): boolean {
    return this.#host.state?.progress.status.kind === 'active';
  }

  #answer(tenant: string, look: (state: RunState) => unknown): string {
    const state = this.#stateOf(tenant);
    return JSON.stringify(state === null ? unknownRun : ok(look(state)));
  }

  #page(tenant: string, afterSeq: number): Result<readonly LogEntry[], Failure> {
    const state = this.#stateOf(tenant);
    if (state === null) return unknownRun;
    const { tailSeq } = state.progress;
    if (afterSeq > tailSeq) return err({ kind: 'future-seq', tailSeq });
    return ok(this.#host.log(afterSeq, PAGE_MAX));
  }

  #stateOf(tenant: string): RunState | null {
    const { state } = this.#host;
    return state?.spec.tenant === tenant ? state : null;
  }
}

/** Says to clients that know only OpenAI's streams that nothing more comes. */
const DONE = 'data: [DONE]\n\n';

function eventForm(entry: LogEntry): string {
  return renderLogEntry(entry) + (isTerminal(entry.type) ? DONE : '');
}

function textSink(writable: WritableStream<Uint8Array>): LogSink {
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  return {
    write: (text) => writer.write(encoder.encode(text)),
    close: () => writer.close(),
    abort: () => void writer.abort().catch(() => undefined),
  };
}

const setTimer: SetTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};
