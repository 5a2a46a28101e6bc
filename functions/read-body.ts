// Reads a JSON body within its bounds: type and encoding first, then bytes and time, then depth, then the parser.
import type { RequestBounds } from '../src/config.ts';
import { checkMediaType } from '../src/core/door/check-headers.ts';
import { parseBody, type JsonObject } from '../src/core/door/parse-body.ts';
import { orFail, RequestFailure } from './http-errors.ts';

export async function readJsonBody(request: Request, bounds: RequestBounds): Promise<JsonObject> {
  const { headers } = request;
  orFail(checkMediaType(headers.get('content-type'), headers.get('content-encoding')));
  return orFail(parseBody(await readInTime(request, bounds), bounds.depthMax));
}

/** A body that trickles in would hold the request open for ever. */
async function readInTime(request: Request, { bodyBytesMax, bodyMs }: RequestBounds): Promise<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_done, fail) => {
    timer = setTimeout(() => fail(new RequestFailure({ kind: 'slow-body', bodyMs })), bodyMs);
  });
  try {
    return await Promise.race([readBytes(request, bodyBytesMax), late]);
  } catch (cause) {
    // The runtime's own complaint means that the connection broke before the body was whole.
    throw cause instanceof RequestFailure ? cause : new RequestFailure({ kind: 'client-gone' });
  } finally {
    clearTimeout(timer);
  }
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN);
  if (declared > bytesMax) throw tooLarge(bytesMax);
  if (!Number.isInteger(declared)) return countBytes(request.body, bytesMax);
  // The runtime shows a length only where it holds the body to it (with Transfer-Encoding beside it, it does not), so that one read is
  // enough and costs half of a loop. The count is checked all the same.
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > bytesMax) throw tooLarge(bytesMax);
  return bytes;
}

/** A chunked body is counted piece by piece and dropped at the first byte too many. */
async function countBytes(body: ReadableStream<Uint8Array> | null, bytesMax: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    pieces.push(piece);
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function tooLarge(bytesMax: number): RequestFailure {
  return new RequestFailure({ kind: 'too-large', bytesMax });
}
