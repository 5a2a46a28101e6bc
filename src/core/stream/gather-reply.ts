// Makes one whole chat reply of the chunks of a stream, for a client that asked for no stream: the text that a server would have sent in one
// piece. Owns what a delta adds to a message; whether the stream is whole is checked elsewhere. Pure state machine with a mutable cursor.
import { isObject, parseObject } from './chat-chunk.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ReplyGatherer {
  /** Takes whole, checked events in the form `data: {...}\n\n`. */
  push(events: string): void;
  /** The JSON text; null when the chunks had no choice. */
  finish(): string | null;
}

interface Choice {
  readonly message: Record<string, unknown>;
  readonly rest: Record<string, unknown>;
}

export function makeReplyGatherer(): ReplyGatherer {
  const reply: Record<string, unknown> = {};
  const choices = new Map<number, Choice>();
  const take = (chunk: Json): void => {
    const { choices: parts, ...head } = chunk;
    // What is told last counts: the usage comes with the last chunk.
    for (const [key, value] of Object.entries(head)) if (value !== null) reply[key] = value;
    for (const part of Array.isArray(parts) ? parts : []) if (isObject(part)) takeChoice(choices, part);
  };
  return {
    push: (events) => {
      for (const event of events.split('\n\n')) {
        if (!event.startsWith('data: ')) continue;
        const chunk = parseObject(event.slice('data: '.length));
        if (chunk !== null) take(chunk);
      }
    },
    finish: () => {
      if (choices.size === 0) return null;
      const inOrder = [...choices].toSorted(([one], [other]) => one - other);
      const whole = inOrder.map(([index, choice]) => renderChoice(index, choice));
      return JSON.stringify({ ...reply, object: 'chat.completion', choices: whole });
    },
  };
}

function takeChoice(choices: Map<number, Choice>, part: Json): void {
  const { index, delta, ...rest } = part;
  const at = typeof index === 'number' ? index : 0;
  const choice = choices.get(at) ?? { message: {}, rest: {} };
  choices.set(at, choice);
  if (isObject(delta)) grow(choice.message, delta);
  const { logprobs, ...said } = rest;
  if (isObject(logprobs)) choice.rest['logprobs'] = grown(choice.rest['logprobs'], logprobs);
  for (const [key, value] of Object.entries(said)) if (value !== null) choice.rest[key] = value;
}

function renderChoice(index: number, { message, rest }: Choice): object {
  const { tool_calls: calls, ...others } = message;
  const given = Array.isArray(calls) ? { tool_calls: calls.map(withoutIndex) } : {};
  // A message that only calls tools has no content, and says so.
  const said =
    given.tool_calls !== undefined && others['content'] === '' ? { ...others, content: null } : others;
  const whole = { role: 'assistant', content: null, ...said, ...given };
  return { index, message: whole, finish_reason: null, ...rest };
}

/** The place of a call in its list is told in streams alone. */
function withoutIndex(call: unknown): unknown {
  if (!isObject(call)) return call;
  const { index: _place, ...rest } = call;
  return rest;
}

/** Texts are added to, lists and objects are grown; of what names a thing the last word counts. */
function grow(into: Record<string, unknown>, delta: Json): void {
  for (const [key, value] of Object.entries(delta)) {
    if (value === null || value === undefined) continue;
    const isName = key === 'index' || key === 'type' || key === 'role' || key === 'id';
    into[key] = isName ? value : grown(into[key], value);
  }
}

function grown(before: unknown, value: unknown): unknown {
  if (typeof before === 'string' && typeof value === 'string') return before + value;
  if (Array.isArray(value)) return grownList(Array.isArray(before) ? before : [], value);
  if (!isObject(value)) return value;
  const into = isObject(before) ? { ...before } : {};
  grow(into, value);
  return into;
}

/** Entries that tell their place are grown there, all others are further ones. */
function grownList(before: readonly unknown[], more: readonly unknown[]): readonly unknown[] {
  const list = [...before];
  for (const entry of more) {
    const place = isObject(entry) && typeof entry['index'] === 'number' ? entry['index'] : null;
    const at = place === null ? -1 : list.findIndex((each) => isObject(each) && each['index'] === place);
    if (at === -1) list.push(isObject(entry) ? grown(undefined, entry) : entry);
    else list[at] = grown(list[at], entry);
  }
  return list;
}
