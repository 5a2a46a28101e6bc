// A server behind a key that speaks the OpenAI API at a base path, in front of a real model process: what `openai` versions are served by.
// It knows one model by its own name, and its refusals name what no tenant may see.
import { forwardTo, HttpServer, sendJson, type HttpCall } from '../http-server.ts';
import { startPaced, type PacedProcess } from '../paced-process.ts';

export const openaiKey = 'sk-upstream-TESTKEY';
export const openaiModel = 'vendor/tiny-8b-instruct';
/** Stands in what it says of itself. */
export const upstreamSecret = 'org-acct-4711';

export class OpenaiServer {
  /** Requests of models, as they came. */
  readonly asked: {
    readonly path: string;
    readonly model: unknown;
    readonly headers: HttpCall['headers'];
  }[] = [];
  /** Met by the next requests of the model. */
  refusal: { readonly status: number; readonly body: object; readonly headers?: object } | null = null;
  /** Where calls are not refused: the rate limit of the account. */
  isLimited = false;
  readonly #server = new HttpServer((call) => this.#answer(call));
  #paced: PacedProcess | null = null;
  #url = '';

  async open(pace: object = {}): Promise<void> {
    this.#paced = await startPaced(openaiModel, pace);
    this.#url = await this.#server.open();
  }

  get url(): string {
    return this.#url;
  }

  static baseUrl(url: string): string {
    return `${url}/vendor/openai/v1`;
  }

  async close(): Promise<void> {
    this.#server.close();
    await this.#paced?.close();
  }

  async #answer(call: HttpCall): Promise<void> {
    const { headers, path, method, response, text } = call;
    const prefix = '/vendor/openai/v1';
    if (headers.authorization !== `Bearer ${openaiKey}`)
      return sendJson(response, 401, {
        error: {
          message: `Incorrect API key provided: ${String(headers.authorization)}`,
          code: 'invalid_api_key',
        },
      });
    if (!path.startsWith(prefix)) return sendJson(response, 404, { error: { message: 'unknown path' } });
    if (this.isLimited) {
      response.setHeader('retry-after', '2');
      return sendJson(response, 429, {
        error: { message: `Rate limit reached for ${upstreamSecret}`, code: 'rate_limit_exceeded' },
      });
    }
    const rest = path.slice(prefix.length);
    if (method === 'GET' && rest === '/models')
      return sendJson(response, 200, {
        object: 'list',
        data: [{ id: openaiModel, object: 'model', created: 1, owned_by: upstreamSecret }],
      });
    const { model } = JSON.parse(text) as { readonly model?: unknown };
    this.asked.push({ path, model, headers });
    if (this.refusal !== null) return sendJson(response, this.refusal.status, this.refusal.body);
    if (model !== openaiModel)
      return sendJson(response, 404, {
        error: { message: `The model ${String(model)} does not exist`, code: 'model_not_found' },
      });
    return forwardTo(this.#paced?.port ?? 0, `/v1${rest}`, call);
  }
}
