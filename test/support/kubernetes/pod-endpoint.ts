// The one address in front of a workload's pods, as a Service and an Ingress make it: each request goes to the next ready pod.
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestPods } from './test-pods.ts';

export class PodEndpoint {
  readonly #pods: TestPods;
  readonly #server: Server;
  url = '';

  constructor(pods: TestPods) {
    this.#pods = pods;
    this.#server = createServer((request, response) => this.#forward(request, response));
  }

  async open(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const port = this.#pods.nextPort();
    if (port === null) return void response.writeHead(503).end('no ready pod');
    const { method, url: path, headers } = request;
    const call = ask({ port, host: '127.0.0.1', path, method, headers, agent: false }, (head) => {
      response.writeHead(head.statusCode ?? 500, head.headers);
      head.pipe(response);
    });
    call.once('error', () => response.destroy());
    response.once('close', () => call.destroy());
    request.pipe(call);
  }
}
