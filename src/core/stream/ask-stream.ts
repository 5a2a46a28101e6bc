// Whether the whole reply that a client asked for may be asked for as a stream and put together here, and how it is asked for. A server that
// sends one piece at the end is silent until then: whether it works or is dead cannot be told. Pure.

type Json = Readonly<Record<string, unknown>>;

/** What is told otherwise in streams, or not by all servers. */
const WHOLE_ONLY = ['functions', 'audio', 'modalities', 'prediction', 'web_search_options'];

export function canAskStream(body: Json): boolean {
  if (body['stream'] === true || !Array.isArray(body['messages'])) return false;
  if (body['logprobs'] === true) return false;
  return WHOLE_ONLY.every((name) => body[name] === undefined || body[name] === null);
}

/** The usage comes with the last chunk only where it is asked for. */
export function askStream<T extends Json>(body: T): T {
  return { ...body, stream: true, stream_options: { include_usage: true } };
}
