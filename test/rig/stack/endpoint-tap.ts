// Stands between the Worker and the agent and tells the Worker another address for each model server: that of a fault proxy in front of it.
// Everything else passes as it is.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { FaultProxy } from './fault-proxy.ts';

export class EndpointTap {
  readonly #agentUrl: string;
  readonly #server: Server;
  /** By the port of the model server behind it. */
  readonly #proxies = new Map<number, Promise<FaultProxy>>();

  constructor(agentUrl: string) {
    this.#agentUrl = agentUrl;
    this.#server = createServer((request, response) => void this.#pass(request, response));
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((done, fail) => {
      this.#server.once('error', fail);
      this.#server.listen(port, '127.0.0.1', done);
    });
  }

  /** The proxy in front of the model server at this address. */
  proxyOf(endpoint: string): Promise<FaultProxy> {
    const port = Number(new URL(endpoint).port);
    const known = this.#proxies.get(port);
    if (known !== undefined) return known;
    const opened = FaultProxy.open(port);
    this.#proxies.set(port, opened);
    return opened;
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await (await proxy).close();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      let body = '';
      for await (const piece of request.setEncoding('utf8')) body += piece as string;
      const answer = await fetch(this.#agentUrl + (request.url ?? '/'), {
        method: request.method ?? 'GET',
        headers: {
          authorization: request.headers.authorization ?? '',
          'content-type': request.headers['content-type'] ?? 'application/json',
        },
        body: body === '' ? null : body,
        signal: gone.signal,
      });
      const text = await this.#rewrite(await answer.text());
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? 'text/plain',
      });
      response.end(text);
    } catch {
      response.destroy();
    }
  }

  async #rewrite(text: string): Promise<string> {
    let rewritten = text;
    for (const [, endpoint] of text.matchAll(/"endpoint":"(http:[^"]+)"/g)) {
      if (endpoint === undefined) continue;
      const { port } = await this.proxyOf(endpoint);
      rewritten = rewritten.replaceAll(`"${endpoint}"`, `"http://127.0.0.1:${port}"`);
    }
    return rewritten;
  }
}
