// One entry of a session's event stream, and how clients read it. Owns the public names and shapes; an entry is never changed after
// it was written. Pure.
import type { Failure } from '../api/failure.ts';
import { renderFailure } from '../api/render-failure.ts';
import type { TokenUsage } from '../stream/usage.ts';
import type { AttemptRef } from './session-events.ts';
import type { SessionOrigin, TurnServed } from './session-state.ts';

export type LogFact =
  | { readonly kind: 'created'; readonly model: string; readonly origin: SessionOrigin | null }
  | ({ readonly kind: 'queued'; readonly position: number } & AttemptRef)
  | ({ readonly kind: 'started' } & AttemptRef)
  | ({ readonly kind: 'run'; readonly run: string } & AttemptRef)
  /** `content` is null where the text events before it are the content. */
  | {
      readonly kind: 'message';
      readonly turn: string;
      readonly seq: number;
      readonly role: 'user' | 'assistant';
      readonly content: string | null;
    }
  | ({ readonly kind: 'text'; readonly text: string } & AttemptRef)
  /** From here on the attempt's text goes on after its first `chars` units; what came after them before is void. */
  | ({ readonly kind: 'segment'; readonly reason: string; readonly chars: number } & AttemptRef)
  | ({
      readonly kind: 'completed';
      readonly assistantSeq: number;
      readonly usage: TokenUsage | null;
      readonly served: TurnServed;
    } & AttemptRef)
  | ({ readonly kind: 'failed'; readonly failure: Failure } & AttemptRef)
  | ({ readonly kind: 'cancelled'; readonly by: 'client' | 'superseded' } & AttemptRef)
  | ({ readonly kind: 'interrupted' } & AttemptRef)
  | { readonly kind: 'truncated'; readonly afterSeq: number }
  | { readonly kind: 'summarized'; readonly throughSeq: number; readonly by: 'model' | 'extract' };

export interface LogEvent {
  readonly seq: number;
  readonly atMs: number;
  readonly fact: LogFact;
}

/** The name of each fact in the stream. */
export const eventTypes = {
  created: 'session.created',
  queued: 'turn.queued',
  started: 'turn.started',
  run: 'turn.run',
  message: 'message.created',
  text: 'message.delta',
  segment: 'turn.segment',
  completed: 'turn.completed',
  failed: 'turn.failed',
  cancelled: 'turn.cancelled',
  interrupted: 'turn.interrupted',
  truncated: 'log.truncated',
  summarized: 'log.summarized',
} as const satisfies Record<LogFact['kind'], string>;

export interface RenderedEvent {
  readonly seq: number;
  readonly type: string;
  readonly created_ms: number;
}

/** The JSON object that stands for the event in pages, frames and exports. */
export function renderLogEvent({ seq, atMs, fact }: LogEvent): RenderedEvent {
  return { seq, type: eventTypes[fact.kind], created_ms: atMs, ...renderFact(fact) };
}

/** JSON has no raw line breaks, so no text of a model can end the frame or begin another. */
export function renderSseFrame(event: LogEvent): string {
  const rendered = renderLogEvent(event);
  return `id: ${rendered.seq}\nevent: ${rendered.type}\ndata: ${JSON.stringify(rendered)}\n\n`;
}

export function renderUsage(usage: TokenUsage | null): object | null {
  if (usage === null) return null;
  const { promptTokens, completionTokens } = usage;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** The text of one attempt as its events tell it, in order. */
export function replayText(facts: Iterable<LogFact>, ref: AttemptRef): string {
  let text = '';
  for (const fact of facts) {
    if (fact.kind !== 'text' && fact.kind !== 'segment') continue;
    if (fact.turn !== ref.turn || fact.attempt !== ref.attempt) continue;
    text = fact.kind === 'text' ? text + fact.text : text.slice(0, fact.chars);
  }
  return text;
}

function renderFact(fact: LogFact): object {
  const { kind: _kind, ...rest } = fact;
  switch (fact.kind) {
    case 'created':
      return { model: fact.model, forked_from: renderOrigin(fact.origin) };
    case 'message': {
      const content = fact.content === null ? {} : { content: fact.content };
      return { turn: fact.turn, message: { seq: fact.seq, role: fact.role, ...content } };
    }
    case 'completed': {
      const { version, warmth, waitMs } = fact.served;
      return {
        turn: fact.turn,
        attempt: fact.attempt,
        message_seq: fact.assistantSeq,
        usage: renderUsage(fact.usage),
        served: { model: version, warmth, wait_ms: waitMs },
      };
    }
    case 'failed':
      return { turn: fact.turn, attempt: fact.attempt, error: renderFailure(fact.failure).body.error };
    case 'truncated':
      return { after: fact.afterSeq };
    case 'summarized':
      return { through: fact.throughSeq, by: fact.by };
    default:
      return rest;
  }
}

export function renderOrigin(origin: SessionOrigin | null): object | null {
  return origin === null ? null : { session: origin.session, after: origin.afterSeq };
}
