// How a model server answers over node:http: JSON, OpenAI errors, event streams. Owns the writing; knows nothing of what is said.
import type { ServerResponse } from 'node:http';
import { renderRefusal, type RefusedRequest } from './refusal.ts';

export class Reply {
  readonly response: ServerResponse;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    const text = JSON.stringify(body);
    this.response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    });
    this.response.end(text);
  }

  refuse(refusal: RefusedRequest, headers: Readonly<Record<string, string>> = {}): void {
    this.json(refusal.status, renderRefusal(refusal), headers);
  }

  get begun(): boolean {
    return this.response.headersSent;
  }

  beginStream(): void {
    this.response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    this.response.flushHeaders();
  }

  /** One event. What a slow client has not read yet stays in memory, which an answer's `max_tokens` bounds. */
  event(data: unknown): void {
    this.response.write(`data: ${JSON.stringify(data)}\n\n`);
  }

  endStream(): void {
    this.response.end('data: [DONE]\n\n');
  }
}
