// Reads a request's JSON body within bounds. Owns size and depth; what the fields mean is the engine's.
import type { IncomingMessage } from 'node:http';
import { measureDepth } from '../../src/core/door/parse-body.ts';
import { invalidValue, RefusedRequest } from './refusal.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const bytesMax = 4 * 1024 * 1024;
/** Native parsers recurse: a schema nested without bound would end the process. */
const depthMax = 64;

export async function readJsonBody(request: IncomingMessage): Promise<JsonObject> {
  const bytes = await readBytes(request);
  if (measureDepth(bytes, depthMax) > depthMax) {
    throw new RefusedRequest(400, 'too_deep', `The JSON body is nested deeper than ${depthMax} levels.`);
  }
  const body = tryParse(bytes.toString('utf8'));
  if (body === undefined) throw new RefusedRequest(400, 'malformed_json', 'The body is not valid JSON.');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidValue('The body must be a JSON object.');
  }
  return body as JsonObject;
}

/** Listens instead of iterating: leaving an iteration early would cut the connection before the refusal is read. */
function readBytes(request: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const tooLarge = new RefusedRequest(413, 'body_too_large', `The body is larger than ${bytesMax} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge);
  const pieces: Buffer[] = [];
  let bytes = 0;
  request.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > bytesMax) reject(tooLarge);
    else pieces.push(piece);
  });
  request.once('end', () => resolve(Buffer.concat(pieces)));
  request.once('error', reject);
  request.once('close', () => reject(invalidValue('The body is not complete.')));
  return promise;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
