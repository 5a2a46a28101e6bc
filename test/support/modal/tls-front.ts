// The public end of a tunnel: takes TLS, passes the bytes on to a port of this machine. Owns its connections.
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificate.ts';

export interface TlsFront {
  readonly port: number;
  close(): void;
}

export async function openTlsFront(
  { key, cert }: Certificate,
  target: () => number | null,
): Promise<TlsFront> {
  const open = new Set<Socket>();
  const hold = (socket: Socket): void => {
    open.add(socket);
    socket.once('close', () => open.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer({ key, cert }, (outer) => {
    hold(outer);
    const port = target();
    if (port === null) return void outer.destroy();
    const inner = connect(port, '127.0.0.1');
    hold(inner);
    outer.pipe(inner).pipe(outer);
    outer.once('close', () => inner.destroy());
    inner.once('close', () => outer.destroy());
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
