// An answer that broke off and goes on from another replica or model: the event that marks the boundary, the two ways to go on behind it,
// and what of the new stream may be shown. Owns that the client's text is one answer: either the new model was given the text so far and
// adds to it, or it gave the whole answer again and that began with the very text that the client has. Pure.
import { parseObject, type ChatChunk } from './chat-chunk.ts';
import type { ChunkEdit } from './chat-stream.ts';

/** `continued`: by a model that was given the text so far. `repeated`: by one that gave the same text again from its start. */
export type SegmentMode = 'continued' | 'repeated';

export interface Segment {
  /** 1 for the first boundary of an answer. */
  readonly index: number;
  /** Why the part before ended: the code of an error. */
  readonly reason: string;
  readonly mode: SegmentMode;
  /** Version that goes on. */
  readonly model: string;
  /** Characters (UTF-16 units) of text that the client has from the parts before. */
  readonly afterChars: number;
}

export interface SegmentHead {
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
}

/** A chunk that gains nothing, which every OpenAI client takes, with an extension that says what happened. */
export function renderSegment(segment: Segment, head: SegmentHead): string {
  const { index, reason, mode, model, afterChars } = segment;
  const event = {
    ...head,
    object: 'chat.completion.chunk',
    model,
    choices: [{ index: 0, delta: {}, finish_reason: null }],
    pilotlight: { segment: { index, reason, mode, model, after_chars: afterChars } },
  };
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** Shows what comes after `known`, once the new stream has said exactly that; refuses the stream when it says anything else. */
export function makeRepeatEdit(known: string): ChunkEdit {
  let owed = known;
  return (chunk, data) => {
    if (!chunk.hasContent) return passUsage(chunk, data);
    if (owed === '') return withoutRole(chunk, data);
    const { text, isText, finishReason } = chunk;
    const same = Math.min(owed.length, text.length);
    if (!isText || text.slice(0, same) !== owed.slice(0, same)) return 'refuse';
    owed = owed.slice(same);
    if (owed !== '') return finishReason === null ? 'drop' : 'refuse';
    const rest = text.slice(same);
    if (rest === '' && finishReason === null) return 'drop';
    return { data: withText(data, rest), text: rest, hasContent: true };
  };
}

/** Shows all content of a stream that goes on from a text of `tokens` tokens; its usage is told as that of the whole answer. */
export function makeContinueEdit(tokens: number): ChunkEdit {
  return (chunk, data) => {
    const isRole = !chunk.hasContent && chunk.usage === null;
    if (isRole) return 'drop';
    const whole = chunk.usage === null ? data : withUsage(data, tokens);
    return withoutRole(chunk, whole);
  };
}

function passUsage(chunk: ChatChunk, data: string): ReturnType<ChunkEdit> {
  // The role was told at the start of the answer.
  return chunk.usage === null ? 'drop' : { data, text: '', hasContent: false };
}

/** Clients that add up what they get would have the role twice. */
function withoutRole(chunk: ChatChunk, data: string): ReturnType<ChunkEdit> {
  const { text, hasContent } = chunk;
  return { data: data.includes('"role"') ? editDelta(data, dropRole) : data, text, hasContent };
}

type Fields = Readonly<Record<string, unknown>>;

function dropRole({ role: _role, ...delta }: Fields): Fields {
  return delta;
}

function withText(data: string, content: string): string {
  return editDelta(data, (delta) => ({ ...dropRole(delta), content }));
}

/** The chunk was parsed before: what is no object there did not come here. */
function editDelta(data: string, edit: (delta: Fields) => Fields): string {
  const chunk = parseObject(data);
  const choices = chunk?.['choices'];
  if (!Array.isArray(choices)) return data;
  for (const choice of choices as { delta?: Fields }[]) choice.delta = edit(choice.delta ?? {});
  return JSON.stringify(chunk);
}

/** The tokens of the text that was given along are part of the answer, not of the prompt; the total is the same. */
function withUsage(data: string, tokens: number): string {
  const chunk = parseObject(data);
  const usage = chunk?.['usage'] as Fields | undefined;
  const prompt = usage?.['prompt_tokens'];
  const completion = usage?.['completion_tokens'];
  if (typeof prompt !== 'number' || typeof completion !== 'number') return data;
  const moved = Math.min(tokens, prompt);
  const whole = { ...usage, prompt_tokens: prompt - moved, completion_tokens: completion + moved };
  return JSON.stringify({ ...chunk, usage: whole });
}

/** The request that asks a model to go on from `text`, which took `tokens` tokens; null when the body is none that can be continued. */
export function continueBody(body: string, text: string, tokens: number): string | null {
  const request = parseObject(body);
  const messages = request?.['messages'];
  if (request === null || !Array.isArray(messages)) return null;
  const bounded = Object.fromEntries(
    ['max_tokens', 'max_completion_tokens']
      .map((name) => [name, request[name]] as const)
      .filter((entry): entry is readonly ['max_tokens', number] => typeof entry[1] === 'number')
      .map(([name, most]) => [name, Math.max(1, most - tokens)]),
  );
  return JSON.stringify({
    ...request,
    ...bounded,
    messages: [...(messages as readonly unknown[]), { role: 'assistant', content: text }],
  });
}
