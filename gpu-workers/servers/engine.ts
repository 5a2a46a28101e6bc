// What a kind of model server must offer: a model that can be loaded, asked and unloaded. The rest of the replica's contract is the
// same for all of them and lives in model-server.ts.
import type { IncomingMessage } from 'node:http';
import type { Reply } from './reply.ts';
import type { JsonObject } from './request-body.ts';

export interface EngineCall {
  readonly path: string;
  readonly body: JsonObject;
  /** The caller's `x-request-id`, or empty. */
  readonly requestId: string;
  /** Fires when the client is gone: the engine stops at once and returns. */
  readonly signal: AbortSignal;
  readonly reply: Reply;
}

export interface Engine {
  /** The paths under which requests are served, each in a slot. */
  readonly paths: readonly string[];
  /** Headers of every reply. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Loads the weights; rejects with the reason shown to operators when that cannot work. */
  load(): Promise<void>;
  /** Gives the memory of the weights back; no request runs meanwhile. */
  unload(): Promise<void>;
  /** Answers one request; throws `RefusedRequest` for what it will not do. */
  serve(call: EngineCall): Promise<void>;
  /** Answers paths of its own, outside of slots and state. False: not one of them. */
  control?(request: IncomingMessage, reply: Reply): Promise<boolean>;
}
