// A TCP proxy in front of one model server, with faults below HTTP: resets, a black hole, a delay, a cut after so many bytes. It takes
// effect on connections that are open already, because the gateway keeps them.
import { connect, createServer, type Server, type Socket } from 'node:net';

export type ProxyFault =
  | { readonly kind: 'none' }
  /** Connections are accepted and reset as soon as anything is asked. */
  | { readonly kind: 'reset' }
  /** What is sent is swallowed; nothing comes back. */
  | { readonly kind: 'black-hole' }
  /** Everything that comes back is this much later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection ends after this many bytes of answers since the fault was set. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly how: 'reset' | 'close' };

export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #targetPort: number;
  #fault: ProxyFault = { kind: 'none' };
  #since = 0;
  /** Connections of the gateway, and requests seen on them. */
  connections = 0;
  requests = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ noDelay: true }, (client) => this.#pass(client));
  }

  static async open(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    await new Promise<void>((done, fail) => {
      proxy.#server.once('error', fail);
      proxy.#server.listen(0, '127.0.0.1', done);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  set(fault: ProxyFault): void {
    this.#fault = fault;
    this.#since += 1;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #pass(client: Socket): void {
    this.connections += 1;
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true });
    const track = { since: this.#since, bytes: 0 };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    }
    client.on('data', (piece) => this.#up(piece, client, server));
    server.on('data', (piece) => this.#down(piece, { client, server, track }));
    client.once('close', () => server.destroy());
    // A server that dies resets its connections: a clean end would be another fault.
    server.once('close', (hadError) => (hadError ? client.resetAndDestroy() : client.end()));
  }

  #up(piece: Buffer, client: Socket, server: Socket): void {
    if (piece.subarray(0, 9).toString('latin1') === 'POST /v1/') this.requests += 1;
    if (this.#fault.kind === 'reset') client.resetAndDestroy();
    else if (this.#fault.kind !== 'black-hole') server.write(piece);
  }

  #down(piece: Buffer, { client, server, track }: Lane): void {
    const fault = this.#fault;
    if (track.since !== this.#since) Object.assign(track, { since: this.#since, bytes: 0 });
    switch (fault.kind) {
      case 'none':
        client.write(piece);
        return;
      case 'reset':
        client.resetAndDestroy();
        return;
      case 'black-hole':
        return;
      case 'delay':
        setTimeout(() => client.writable && client.write(piece), fault.ms);
        return;
      case 'cut': {
        const left = fault.afterBytes - track.bytes;
        track.bytes += piece.length;
        if (piece.length < left) return void client.write(piece);
        client.write(piece.subarray(0, Math.max(0, left)), () =>
          fault.how === 'reset' ? client.resetAndDestroy() : client.end(),
        );
        server.destroy();
      }
    }
  }
}

interface Lane {
  readonly client: Socket;
  readonly server: Socket;
  readonly track: { since: number; bytes: number };
}
