// The agent's one way to an API server: TLS to its own CA, the service account's token, a deadline and a bound on every answer. Owns the
// connections; knows no object in particular.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { err, ok, type Result } from '../../../src/core/base/result.ts';
import { describeRefusal, type ApiFailure } from './api-failure.ts';
import type { ClusterSettings } from './cluster-settings.ts';

export type ApiReply = Promise<Result<unknown, ApiFailure>>;

type Access = Pick<ClusterSettings, 'url' | 'tokenFile' | 'caFile' | 'fieldManager' | 'force'>;

const callMsMax = 4_000;
/** A thousand pods with their managed fields come to about ten megabytes. */
const answerBytesMax = 16_000_000;
const socketsMax = 16;

export class ClusterApi {
  readonly #access: Access;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: socketsMax });

  constructor(access: Access) {
    this.#access = access;
  }

  /** Our name as an owner of fields. */
  get fieldManager(): string {
    return this.#access.fieldManager;
  }

  read(path: string): ApiReply {
    return this.#call('GET', path, null);
  }

  /**
   * Server-side apply: the fields in `object` become ours. Those of another manager who wants other values are refused as `owned`, unless
   * they are taken by force.
   */
  apply(path: string, object: object, force = this.#access.force): ApiReply {
    const query = `fieldManager=${this.fieldManager}&force=${force}`;
    return this.#call('PATCH', `${path}?${query}`, JSON.stringify(object));
  }

  async #call(method: 'GET' | 'PATCH', path: string, body: string | null): ApiReply {
    const what = path.replace(/\?.*$/, '').split('/').slice(-4).join('/');
    const keys = await this.#readKeys();
    if (!keys.ok) return keys;
    const headers = {
      authorization: `Bearer ${keys.value.token}`,
      accept: 'application/json',
      // JSON is YAML, and the only content type of an apply.
      ...(body === null ? {} : { 'content-type': 'application/apply-patch+yaml' }),
    };
    const { promise, resolve } = Promise.withResolvers<Result<IncomingMessage, ApiFailure>>();
    const signal = AbortSignal.timeout(callMsMax);
    const url = `${this.#access.url}${path}`;
    const call = request(
      url,
      { method, headers, signal, ca: keys.value.ca, agent: this.#agent },
      (response) => resolve(ok(response)),
    );
    call.once('error', (cause) => resolve(err(describeLoss(cause, what))));
    call.end(body ?? undefined);
    const head = await promise;
    if (!head.ok) return head;
    const text = await readBody(head.value, what);
    if (!text.ok) return text;
    const json = tryJson(text.value);
    const { statusCode: status = 0 } = head.value;
    if (status !== 200 && status !== 201) return err(describeRefusal(status, json, what));
    return json === null ? err({ kind: 'bad-reply', message: `Kubernetes: ${what}: no JSON` }) : ok(json);
  }

  /** Both are replaced while the agent runs: a token lives for an hour. */
  async #readKeys(): Promise<Result<{ token: string; ca: string | undefined }, ApiFailure>> {
    const { tokenFile, caFile } = this.#access;
    try {
      const token = (await readFile(tokenFile, 'utf8')).trim();
      const ca = caFile === null ? undefined : await readFile(caFile, 'utf8');
      return ok({ token, ca });
    } catch (cause) {
      const message = `Kubernetes: cannot read the token or the CA: ${wordsOf(cause)}`;
      return err({ kind: 'unauthorized', message });
    }
  }
}

async function readBody(response: IncomingMessage, what: string): Promise<Result<string, ApiFailure>> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > answerBytesMax) {
        response.destroy();
        return err({ kind: 'bad-reply', message: `Kubernetes: ${what}: more than ${answerBytesMax} bytes` });
      }
      pieces.push(piece);
    }
  } catch (cause) {
    return err(describeLoss(cause, what));
  }
  return ok(Buffer.concat(pieces).toString('utf8'));
}

function describeLoss(cause: unknown, what: string): ApiFailure {
  const isLate = cause instanceof Error && (cause.name === 'AbortError' || cause.name === 'TimeoutError');
  return isLate
    ? { kind: 'timeout', message: `Kubernetes: ${what}: no answer within ${callMsMax} ms` }
    : { kind: 'unreachable', message: `Kubernetes: ${what}: ${wordsOf(cause)}` };
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
