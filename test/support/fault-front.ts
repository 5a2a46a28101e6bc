// What can go wrong on the way between a client and an HTTP server, call by call: a front that forwards everything, and meets the calls that
// it is told to with a fault. Owns the faults; knows nothing of what is asked.
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface FrontCall {
  readonly method: string;
  readonly path: string;
}

export type HttpFault = {
  /** Left out: every call. */
  readonly meets?: (call: FrontCall) => boolean;
  /** Calls that it meets; left out: all until it is cleared. */
  readonly times?: number;
} & (
  | { readonly how: 'answer'; readonly status: number; readonly body: string }
  /** Carried out so much later, whether or not anybody waits for it any more. */
  | { readonly how: 'late'; readonly ms: number }
  /** Carried out, but the answer is lost on the way. */
  | { readonly how: 'lost-answer' }
  /** Neither carried out nor answered. */
  | { readonly how: 'never' }
  /** Delivered a second time, after the first. */
  | { readonly how: 'twice' }
);

interface Answer {
  readonly message: IncomingMessage;
}

export class FaultFront {
  /** Where calls go; may change, as that of a program that is started again. */
  target: () => string;
  /** Calls seen, in order. */
  readonly calls: FrontCall[] = [];
  readonly #server: Server;
  readonly #held = new Set<Promise<unknown>>();
  #faults: { readonly fault: HttpFault; left: number }[] = [];

  constructor(target: () => string) {
    this.target = target;
    this.#server = createServer((request, response) => {
      const held = this.#meet(request, response).catch(() => response.destroy());
      this.#held.add(held);
      void held.then(() => this.#held.delete(held));
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  add(fault: HttpFault): void {
    this.#faults.push({ fault, left: fault.times ?? Infinity });
  }

  /** Also what was seen is forgotten. */
  clear(): void {
    this.#faults = [];
    this.calls.length = 0;
  }

  /** Resolves once what was held back has been carried out. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#held);
  }

  async #meet(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const call = { method: request.method ?? 'GET', path: request.url ?? '/' };
    this.calls.push(call);
    const fault = this.#take(call);
    switch (fault?.how) {
      case undefined:
        return passOn(response, await this.#forward(request, body));
      case 'answer':
        response.writeHead(fault.status, { 'content-type': 'application/json' }).end(fault.body);
        return;
      case 'late':
        await sleep(fault.ms);
        return passOn(response, await this.#forward(request, body));
      case 'lost-answer': {
        const { message } = await this.#forward(request, body);
        for await (const _ of message);
        response.destroy();
        return;
      }
      case 'never':
        return;
      case 'twice': {
        const first = await this.#forward(request, body);
        passOn(response, first);
        const { message } = await this.#forward(request, body);
        for await (const _ of message);
      }
    }
  }

  #take(call: FrontCall): HttpFault | undefined {
    const found = this.#faults.find(({ fault, left }) => left > 0 && (fault.meets?.(call) ?? true));
    if (found !== undefined) found.left -= 1;
    return found?.fault;
  }

  #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { hostname, port } = new URL(this.target());
    const sent = ask({ hostname, port, method, path: url, headers, agent: false }, (message) =>
      resolve({ message }),
    );
    sent.once('error', reject).end(body);
    return promise;
  }
}

function passOn(response: ServerResponse, { message }: Answer): void {
  response.once('close', () => message.destroy());
  message.once('error', () => response.destroy());
  response.writeHead(message.statusCode ?? 500, message.headers);
  message.pipe(response);
}
