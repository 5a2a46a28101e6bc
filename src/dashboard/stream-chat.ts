// Reads one streamed chat from the real endpoint: text as it comes, how it was served, and how it ended. A stream without its terminal
// event is broken, whatever the connection says.
import { createParser } from 'eventsource-parser';

export interface ChatTurn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export interface Served {
  readonly model: string;
  readonly warmth: string;
  readonly waitMs: number | null;
  readonly firstTokenMs: number | null;
}

export interface StreamHandlers {
  readonly onText: (text: string) => void;
  readonly onServed: (served: Served) => void;
}

interface ApiError {
  readonly error?: { readonly message?: string };
}

/** Throws an Error for people when the answer fails; an AbortError when `signal` fired. */
export async function streamChat(
  request: {
    readonly key: string;
    readonly model: string;
    readonly messages: readonly ChatTurn[];
    readonly signal: AbortSignal;
  },
  handlers: StreamHandlers,
): Promise<void> {
  const startedMs = performance.now();
  const response = await fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${request.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: request.model, stream: true, messages: request.messages }),
    signal: request.signal,
  });
  if (!response.ok || response.body === null) throw new Error(await readProblem(response));
  let served = readServed(response.headers);
  handlers.onServed(served);
  let ended = false;
  let failure: string | null = null;
  const parser = createParser({
    onEvent({ data }) {
      if (data === '[DONE]') {
        ended = true;
        return;
      }
      const chunk = JSON.parse(data) as ApiError & { choices?: { delta?: { content?: string } }[] };
      if (chunk.error !== undefined) failure = chunk.error.message ?? 'The answer failed.';
      const text = chunk.choices?.[0]?.delta?.content ?? '';
      if (text === '') return;
      if (served.firstTokenMs === null) {
        served = { ...served, firstTokenMs: performance.now() - startedMs };
        handlers.onServed(served);
      }
      handlers.onText(text);
    },
  });
  for await (const piece of readText(response.body)) parser.feed(piece);
  if (failure !== null) throw new Error(failure);
  if (!ended) throw new Error('The answer broke off before its end.');
}

async function* readText(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
}

async function readProblem(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as ApiError;
  return `${response.status}: ${body.error?.message ?? 'the endpoint gave no reason'}`;
}

function readServed(headers: Headers): Served {
  const wait = headers.get('x-pilotlight-wait-ms');
  return {
    model: headers.get('x-pilotlight-model') ?? '',
    warmth: headers.get('x-pilotlight-warmth') ?? 'waiting',
    waitMs: wait === null ? null : Number(wait),
    firstTokenMs: null,
  };
}
