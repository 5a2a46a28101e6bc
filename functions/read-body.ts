// Reads a JSON body within its bounds: type and encoding first, then bytes counted as they come, then depth, then the parser.
import type { RequestBounds } from '../src/config.ts';
import { parseBody, type JsonObject } from '../src/core/door/parse-body.ts';
import { RequestFailure } from './http-errors.ts';

export async function readJsonBody(request: Request, bounds: RequestBounds): Promise<JsonObject> {
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding !== 'identity')
    throw new RequestFailure({ kind: 'unsupported-encoding' });
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(?:;\s*charset=utf-?8\s*)?$/i.test(type)) {
    const message = 'Send the body as "Content-Type: application/json".';
    throw new RequestFailure({ kind: 'unsupported-media-type', message });
  }
  const parsed = parseBody(await readBytes(request, bounds.bodyBytesMax), bounds.depthMax);
  if (!parsed.ok) throw new RequestFailure(parsed.error);
  return parsed.value;
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  const tooLarge = (): RequestFailure => new RequestFailure({ kind: 'too-large', bytesMax });
  const declared = Number(request.headers.get('content-length') ?? Number.NaN);
  if (declared > bytesMax) throw tooLarge();
  // The runtime holds a declared length to its word, so that one read is enough; a chunked body is counted piece by piece.
  if (Number.isInteger(declared)) return new Uint8Array(await request.arrayBuffer());
  return countBytes(request.body, bytesMax, tooLarge);
}

async function countBytes(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
  tooLarge: () => Error,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge();
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
