// The public URL of a deployed function: TLS, the proxy token, the way to a container, and what happens to requests that take long: the
// caller is sent to another URL, where it waits on. Owns the results that are still to be fetched.
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificate.ts';
import type { TestFunction } from './test-functions.ts';

export interface WebUrlOptions {
  /** What callers must show; null = nothing. */
  proxyToken: { readonly id: string; readonly secret: string } | null;
  /** An answer whose head takes longer is fetched from another URL. */
  longMs: number;
}

const callParameter = '__modal_function_call_id';

export class TestWebUrl {
  readonly #function: TestFunction;
  readonly #options: WebUrlOptions;
  readonly #server: Server;
  readonly #pending = new Map<string, Promise<IncomingMessage | null>>();
  #calls = 0;
  /** Answers that sent the caller on. */
  redirects = 0;
  /** Requests without the proxy token. */
  refused = 0;

  constructor(certificate: Certificate, of: TestFunction, options: WebUrlOptions) {
    this.#function = of;
    this.#options = options;
    this.#server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
      void this.#answer(request, response).catch(() => response.destroy());
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    // Another name than that of the tunnels, because it gets another key.
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { proxyToken } = this.#options;
    const shown = [request.headers['modal-key'], request.headers['modal-secret']];
    if (proxyToken !== null && (shown[0] !== proxyToken.id || shown[1] !== proxyToken.secret)) {
      this.refused += 1;
      response.writeHead(401).end('modal-http: missing credentials for proxy authorization');
      return;
    }
    const url = new URL(request.url ?? '/', this.#function.url);
    const known = url.searchParams.get(callParameter);
    this.#calls += known === null ? 1 : 0;
    const call = known ?? `fc-${this.#calls}`;
    const reply = known === null ? this.#forward(request, response) : this.#pending.get(call);
    if (reply === undefined) return void response.writeHead(404).end('modal-http: unknown call');
    this.#pending.set(call, reply);
    const late = new Promise<'late'>((done) => setTimeout(() => done('late'), this.#options.longMs).unref());
    const head = await Promise.race([reply, late]);
    if (head === 'late') {
      this.redirects += 1;
      url.searchParams.set(callParameter, call);
      response.writeHead(303, { location: url.href }).end();
      return;
    }
    this.#pending.delete(call);
    if (head === null) return void response.writeHead(500).end('modal-http: internal error');
    response.writeHead(head.statusCode ?? 500, head.headers);
    response.once('close', () => head.destroy());
    head.pipe(response);
  }

  /** Resolves with the head of the container's answer, whenever that comes. */
  async #forward(request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage | null> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const gone = new Promise<void>((done) => {
      response.once('close', () => !response.writableFinished && done());
    });
    const container = await this.#function.enter(gone);
    if (container === null) return null;
    const { promise, resolve } = Promise.withResolvers<IncomingMessage | null>();
    const { method, url: path, headers } = request;
    const call = ask(
      { port: container.port, host: '127.0.0.1', path, method, headers, agent: false },
      resolve,
    );
    call.once('error', () => resolve(null)).once('close', () => this.#function.leave(container));
    // Gone without having been sent elsewhere: what runs for it is of no use.
    void gone.then(() => call.destroy());
    call.end(Buffer.concat(pieces));
    return promise;
  }
}
