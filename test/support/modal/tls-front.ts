// The public end of a tunnel: takes TLS, passes the bytes on to a port of this machine. Owns its connections.
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificate.ts';

export interface TlsFront {
  readonly port: number;
  close(): void;
}

/** What happens to a command on its way: delivered now, later or never. */
export type PassCommand = (command: string, deliver: () => Promise<void>) => Promise<void>;

/** A park or a wake; null for any other bytes. */
function commandOf(bytes: Buffer): string | null {
  return /^POST \/(?:park|wake)(?= )/.exec(bytes.subarray(0, 16).toString('latin1'))?.[0] ?? null;
}

export async function openTlsFront(
  { key, cert }: Certificate,
  target: () => number | null,
  pass: PassCommand = (_, deliver) => deliver(),
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
    inner.pipe(outer);
    outer.on('data', (bytes: Buffer) => {
      const command = commandOf(bytes);
      if (command === null) return void inner.write(bytes);
      outer.pause();
      void pass(command, async () => void inner.write(bytes)).finally(() => outer.resume());
    });
    outer.once('end', () => inner.end());
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
