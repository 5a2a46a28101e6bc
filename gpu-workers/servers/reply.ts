// How a model server answers: OpenAI-shaped JSON, errors and event streams over node:http. Writes respect backpressure.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

/** A request that the server refuses; becomes an OpenAI-shaped reply. */
export class RefusedRequest extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;

  constructor(status: number, code: string, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

export class Reply {
  readonly response: ServerResponse;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  json(status: number, body: unknown): void {
    const text = JSON.stringify(body);
    this.response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    this.response.end(text);
  }

  refuse(refusal: RefusedRequest): void {
    const type = refusal.status >= 500 ? 'server_error' : 'invalid_request_error';
    const { message, param, code } = refusal;
    this.json(refusal.status, { error: { message, type, param, code } });
  }

  startStream(): void {
    this.response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    this.response.flushHeaders();
  }

  /** One event; waits when the client reads slower than the model writes. */
  async event(data: unknown): Promise<void> {
    if (!this.response.write(`data: ${JSON.stringify(data)}\n\n`) && !this.response.destroyed) {
      await Promise.race([once(this.response, 'drain'), once(this.response, 'close')]);
    }
  }

  endStream(): void {
    this.response.end('data: [DONE]\n\n');
  }
}
