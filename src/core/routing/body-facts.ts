// What a request's body says that rules may ask for: how long the prompt is, whether tools or JSON are wanted, whose it is, how it
// begins. The body has been validated; anything in it that is of another kind is as if it were not there. Pure.
import type { JsonObject } from '../door/parse-body.ts';
import { estimateTokens, LARGE_VOCABULARY } from '../session/estimate-tokens.ts';
import type { RouteQuestion } from './route-question.ts';
import { namesMax } from './rule-bounds.ts';

export type BodyFacts = Pick<
  RouteQuestion,
  'promptTokens' | 'tools' | 'json' | 'metadata' | 'user' | 'prefix' | 'stream'
>;

/** A system prompt and how a conversation begins: enough to tell conversations apart, little enough to hash on every request. */
const prefixCharsMax = 512;
/** OpenAI's own bounds. */
const metadataCharsMax = 512;
const userCharsMax = 256;

export function readBodyFacts(body: JsonObject): BodyFacts {
  const texts = promptTexts(body);
  const { tools, response_format: format, user, stream } = body;
  return {
    promptTokens: texts.reduce((total, text) => total + estimateTokens(text, LARGE_VOCABULARY), 0),
    tools: Array.isArray(tools) && tools.length > 0,
    json: isObject(format) && typeof format['type'] === 'string' && format['type'].startsWith('json_'),
    metadata: readMetadata(body['metadata']),
    user: typeof user === 'string' && user !== '' && user.length <= userCharsMax ? user : null,
    prefix: readPrefix(texts),
    stream: stream === true,
  };
}

/** The longest answer that the request allows; null without a limit. Of two names for it the larger counts: servers differ in which they heed. */
export function outputTokensMaxOf(body: JsonObject): number | null {
  const { max_tokens: older, max_completion_tokens: newer } = body;
  const limits = [older, newer].filter((each) => typeof each === 'number');
  return limits.length === 0 ? null : Math.max(...limits);
}

/** One for each message of a chat, or for each input of an embedding. */
function promptTexts(body: JsonObject): readonly string[] {
  const { messages, input } = body;
  if (Array.isArray(messages)) return messages.map(messageText);
  if (typeof input === 'string') return [input];
  return Array.isArray(input) ? input.filter((each) => typeof each === 'string') : [];
}

function messageText(message: unknown): string {
  if (!isObject(message)) return '';
  const { content } = message;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('\n');
}

function readPrefix(texts: readonly string[]): string | null {
  let prefix = '';
  for (const text of texts) {
    prefix += `${text.slice(0, prefixCharsMax)}\n`;
    if (prefix.length >= prefixCharsMax) break;
  }
  return prefix.trim() === '' ? null : prefix.slice(0, prefixCharsMax);
}

function readMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (!isObject(metadata)) return {};
  const texts = Object.entries(metadata).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && entry[1].length <= metadataCharsMax && entry[0] !== '__proto__',
  );
  return Object.fromEntries(texts.slice(0, namesMax));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
