// A test server over HTTP on this machine: reads a request whole, answers what its handler says, and forwards to real model servers. Owns
// nothing of any protocol.
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly response: ServerResponse;
}

export type HttpHandler = (call: HttpCall) => Promise<void> | void;

export class HttpServer {
  readonly #server: Server;

  constructor(handle: HttpHandler) {
    this.#server = createServer((request, response) => {
      void read(request, response)
        .then(handle)
        .catch(() => response.destroy());
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function read(request: IncomingMessage, response: ServerResponse): Promise<HttpCall> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const url = new URL(request.url ?? '/', 'http://localhost');
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    text: Buffer.concat(pieces).toString('utf8'),
    response,
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Asks the model server on `port` and passes its answer on as it comes; resolves once that has ended, however. */
export function forwardTo(port: number, path: string, { method, text, response }: HttpCall): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
  const sent = ask({ host: '127.0.0.1', port, method, path, headers, agent: false }, (message) => {
    response.writeHead(message.statusCode ?? 500, message.headers);
    message.once('error', () => response.destroy()).pipe(response);
  });
  response.once('close', () => sent.destroy());
  sent.once('error', () => response.destroy()).once('close', () => resolve());
  sent.end(text);
  return promise;
}
