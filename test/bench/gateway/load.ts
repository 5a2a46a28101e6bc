// A small closed-loop HTTP load generator over raw sockets: cheap enough not to be what is measured. Times each request from its
// first byte out to the first byte of content and to its end.
import { connect, type Socket } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly requests: number;
  /** Of a reply that is as it should be. */
  readonly status: number;
}

export interface LoadResult {
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly firstByteMs: readonly number[];
  readonly totalMs: readonly number[];
  readonly errors: number;
}

/** A run that takes longer is broken, not slow. */
const runMsMax = 120_000;

/** Sends `requests` requests over `connections` kept-alive connections, each sending its next when its last has ended. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const message = renderRequest(options);
  const state = { left: options.requests, errors: 0, firstByteMs: [] as number[], totalMs: [] as number[] };
  const startedMs = performance.now();
  const workers = Array.from({ length: options.connections }, () => runConnection(options, message, state));
  const timeout = setTimeout(() => {
    throw new Error('the load run hangs');
  }, runMsMax);
  await Promise.all(workers);
  clearTimeout(timeout);
  const seconds = (performance.now() - startedMs) / 1000;
  const { errors, firstByteMs, totalMs } = state;
  return { seconds, requestsPerSecond: totalMs.length / seconds, firstByteMs, totalMs, errors };
}

function renderRequest(options: LoadOptions): Buffer {
  const headers = Object.entries(options.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(options.body);
  const head = `POST ${options.path} HTTP/1.1\r\nhost: ${options.host}\r\n${headers.join('')}content-length: ${length}\r\n\r\n`;
  return Buffer.from(head + options.body);
}

interface Shared {
  left: number;
  errors: number;
  readonly firstByteMs: number[];
  readonly totalMs: number[];
}

function runConnection(options: LoadOptions, message: Buffer, shared: Shared): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect(options.port, '127.0.0.1');
    socket.setNoDelay(true);
    const reader = new ReplyReader();
    let sentMs = 0;
    let first = true;
    const next = (): void => {
      if (shared.left <= 0) {
        socket.end();
        return done();
      }
      shared.left -= 1;
      first = true;
      reader.reset();
      sentMs = performance.now();
      socket.write(message);
    };
    socket.on('connect', next);
    socket.on('error', fail);
    socket.on('data', (piece) => {
      if (first) {
        shared.firstByteMs.push(performance.now() - sentMs);
        first = false;
      }
      if (!reader.feed(piece)) return;
      shared.totalMs.push(performance.now() - sentMs);
      if (reader.status !== options.status) shared.errors += 1;
      next();
    });
    watchClose(socket, () => shared.left <= 0, fail);
  });
}

function watchClose(socket: Socket, expected: () => boolean, fail: (cause: Error) => void): void {
  socket.on('close', () => {
    if (!expected()) fail(new Error('the gateway closed the connection'));
  });
}

/** Knows when a reply is complete: by its content length, or by the last chunk of a chunked one. */
class ReplyReader {
  #head = '';
  #missing = -1;
  #tail = '';
  #chunked = false;
  status = 0;

  reset(): void {
    this.#head = '';
    this.#missing = -1;
    this.#tail = '';
    this.#chunked = false;
  }

  feed(piece: Buffer): boolean {
    if (this.#missing >= 0) return this.#feedBody(piece.length, piece);
    if (this.#chunked) return this.#feedBody(0, piece);
    this.#head += piece.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.#head.slice(0, end).toLowerCase();
    const body = this.#head.slice(end + 4);
    this.status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
    this.#chunked = length === undefined;
    if (length !== undefined) this.#missing = Number(length);
    return this.#feedBody(body.length, Buffer.from(body, 'latin1'));
  }

  #feedBody(bytes: number, piece: Buffer): boolean {
    if (!this.#chunked) {
      this.#missing -= bytes;
      return this.#missing <= 0;
    }
    this.#tail = (this.#tail + piece.toString('latin1', Math.max(0, piece.length - 8))).slice(-8);
    return this.#tail.endsWith('0\r\n\r\n');
  }
}
