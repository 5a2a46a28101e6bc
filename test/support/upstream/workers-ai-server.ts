// A server that speaks the part of Cloudflare's API by which Workers AI is used from outside: its OpenAI route and its search of models, in
// Cloudflare's envelope, in front of a real model process.
//
// After developers.cloudflare.com, November 2026: "OpenAI compatible API endpoints", "Model Search", "Errors" of Workers AI.
import { forwardTo, HttpServer, sendJson, type HttpCall } from '../http-server.ts';
import { startPaced, type PacedProcess } from '../paced-process.ts';

export const workersAiToken = 'cf-TESTTOKEN';
export const workersAiAccount = '0123456789abcdef0123456789abcdef';
export const workersAiModel = '@cf/vendor/tiny-8b-instruct';

export class WorkersAiServer {
  readonly asked: {
    readonly path: string;
    readonly model: unknown;
    readonly headers: HttpCall['headers'];
  }[] = [];
  /** `capacity`: no data centre has room; `neurons`: the allocation of the day is used up. */
  limit: 'capacity' | 'neurons' | null = null;
  readonly #server = new HttpServer((call) => this.#answer(call));
  #paced: PacedProcess | null = null;
  #url = '';

  async open(pace: object = {}): Promise<void> {
    this.#paced = await startPaced(workersAiModel, pace);
    this.#url = await this.#server.open();
  }

  get url(): string {
    return this.#url;
  }

  /** Of the API as a whole. */
  static apiUrl(url: string): string {
    return `${url}/client/v4`;
  }

  async close(): Promise<void> {
    this.#server.close();
    await this.#paced?.close();
  }

  async #answer(call: HttpCall): Promise<void> {
    const { headers, path, query, response, text } = call;
    if (headers.authorization !== `Bearer ${workersAiToken}`)
      return fail(response, 401, 10000, 'Authentication error');
    const prefix = `/client/v4/accounts/${workersAiAccount}/ai`;
    if (!path.startsWith(`${prefix}/`)) return fail(response, 404, 7003, 'Could not route to the account');
    if (this.limit === 'capacity')
      return fail(response, 429, 3040, 'No more data centers to forward the request to');
    if (this.limit === 'neurons')
      return fail(response, 429, 3036, 'You have used up your daily free allocation of 10,000 neurons.');
    if (path === `${prefix}/models/search`) {
      const result = workersAiModel.includes(query.get('search') ?? '')
        ? [{ id: 'f1', name: workersAiModel }]
        : [];
      return sendJson(response, 200, { success: true, errors: [], messages: [], result });
    }
    const { model } = JSON.parse(text) as { readonly model?: unknown };
    this.asked.push({ path, model, headers });
    if (model !== workersAiModel) return fail(response, 400, 5007, `No such model ${String(model)} or task`);
    return forwardTo(this.#paced?.port ?? 0, path.slice(prefix.length), call);
  }
}

function fail(response: HttpCall['response'], status: number, code: number, message: string): void {
  sendJson(response, status, { success: false, errors: [{ code, message }], messages: [], result: null });
}
