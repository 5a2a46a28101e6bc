// A server that speaks RunPod's published HTTP APIs: REST (endpoints are read and set, `rest.runpod.io/v1`) and that of an endpoint (its
// health and its OpenAI route, `api.runpod.ai/v2`). Its workers are real model processes of this machine. Owns the wire: paths, shapes,
// refusals. What scales is the test function that Modal's test server uses too.
//
// After docs.runpod.io, November 2026: "Update an endpoint" (PATCH /endpoints/ID), "Operation reference", "OpenAI API compatibility guide",
// "Worker overview". What a refused quota looks like is from answers that users of the API have published.
import { randomBytes } from 'node:crypto';
import { TestFunction, type Deployment } from '../modal/test-functions.ts';
import { forwardTo, HttpServer, sendJson, type HttpCall } from '../http-server.ts';

export const runpodKey = 'rpa_TESTKEY';

export interface RunpodEndpoint {
  readonly of: TestFunction;
  /** What its server calls the model: another name is refused, as vLLM does. */
  readonly model: string;
  figures: { workersMin: number; workersMax: number; idleTimeout: number };
  /** Workers that are cached and not paid for: they count as idle, and serve nobody. */
  cached: number;
}

export class RunpodServer {
  /** Of the account, over all endpoints. */
  workersQuota = 100;
  /** Bodies of PATCH that were carried out, in order. */
  readonly told: object[] = [];
  /** Requests of models, as they came. */
  readonly asked: {
    readonly path: string;
    readonly model: unknown;
    readonly headers: HttpCall['headers'];
  }[] = [];
  readonly #endpoints = new Map<string, RunpodEndpoint>();
  readonly #server = new HttpServer((call) => this.#answer(call));
  #url = '';

  async open(): Promise<void> {
    this.#url = await this.#server.open();
  }

  get url(): string {
    return this.#url;
  }

  /** Of REST, behind this server or a front of it. */
  static restUrl(url: string): string {
    return `${url}/v1`;
  }

  async close(): Promise<void> {
    this.#server.close();
    await Promise.all([...this.#endpoints.values()].map(({ of }) => of.close()));
  }

  add(
    id: string,
    model: string,
    deployment: Pick<Deployment, 'command' | 'env' | 'concurrency'>,
  ): RunpodEndpoint {
    const figures = { workersMin: 0, workersMax: 3, idleTimeout: 5 };
    const of = new TestFunction(id, { ...deployment, app: 'runpod', name: id, figures: wire(figures) });
    const endpoint = { of, model, figures, cached: 0 };
    this.#endpoints.set(id, endpoint);
    return endpoint;
  }

  /** What a person does in the console. */
  reset(id: string, figures: RunpodEndpoint['figures']): void {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) throw new Error(`no endpoint ${id}`);
    endpoint.figures = figures;
    endpoint.of.set(wire(figures));
  }

  async #answer(call: HttpCall): Promise<void> {
    if (call.headers.authorization !== `Bearer ${runpodKey}`)
      return sendJson(call.response, 401, { error: 'Unauthorized' });
    const [, version, id = '', ...rest] = call.path.replace('/v1/endpoints/', '/v1/').split('/');
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined)
      return sendJson(call.response, 404, { error: 'endpoint not found', status: 404 });
    if (version === 'v1') return this.#rest(id, endpoint, call);
    return this.#run(endpoint, rest.join('/'), call);
  }

  #rest(id: string, endpoint: RunpodEndpoint, { method, text, query, response }: HttpCall): void {
    if (method === 'PATCH') {
      const body = JSON.parse(text) as Partial<RunpodEndpoint['figures']>;
      const figures = { ...endpoint.figures, ...body };
      const others = [...this.#endpoints.values()].filter((each) => each !== endpoint);
      const left = this.workersQuota - others.reduce((sum, each) => sum + each.figures.workersMax, 0);
      if (figures.workersMax > left)
        return sendJson(response, 500, {
          error: `update endpoint: graphql: Max workers across all endpoints must not exceed your workers quota (${this.workersQuota}). Reduce the max workers for other endpoints or lower the max worker count for this endpoint to at most ${left}.`,
          status: 500,
        });
      if (figures.workersMin > figures.workersMax)
        return sendJson(response, 400, { error: 'workersMin must not be above workersMax', status: 400 });
      this.told.push(body);
      endpoint.figures = figures;
      endpoint.of.set(wire(figures));
    } else if (method !== 'GET') return sendJson(response, 405, { error: 'method not allowed' });
    const { of, figures, model } = endpoint;
    const isAsked = query.get('includeWorkers') === 'true';
    sendJson(response, 200, {
      id,
      name: model,
      computeType: 'GPU',
      gpuCount: 1,
      gpuTypeIds: ['NVIDIA GeForce RTX 4090'],
      scalerType: 'QUEUE_DELAY',
      scalerValue: 4,
      version: 0,
      ...figures,
      ...(isAsked && {
        workers: [
          ...Array.from({ length: of.count }, () => ({
            id: randomBytes(7).toString('hex'),
            desiredStatus: 'RUNNING',
          })),
          ...Array.from({ length: endpoint.cached }, (_, at) => ({
            id: `cached-${at}`,
            desiredStatus: 'EXITED',
          })),
        ],
      }),
    });
  }

  async #run(endpoint: RunpodEndpoint, path: string, call: HttpCall): Promise<void> {
    if (path === 'health') return sendJson(call.response, 200, health(endpoint));
    if (!path.startsWith('openai/v1/')) return sendJson(call.response, 404, { error: 'not found' });
    const { model } = JSON.parse(call.text === '' ? '{}' : call.text) as { readonly model?: unknown };
    this.asked.push({ path: call.path, model, headers: call.headers });
    if (model !== endpoint.model)
      return sendJson(call.response, 400, {
        error: {
          message: `The model \`${String(model)}\` does not exist on worker 10.0.3.7.`,
          type: 'NotFoundError',
          code: 'model_not_found',
        },
      });
    const gone = new Promise<void>((done) => call.response.once('close', done));
    const container = await endpoint.of.enter(gone);
    if (container === null) return;
    await forwardTo(container.port, path.replace('openai/', '/'), call);
    endpoint.of.leave(container);
  }
}

function wire({ workersMin, workersMax, idleTimeout }: RunpodEndpoint['figures']) {
  return { min_containers: workersMin, max_containers: workersMax, scaledown_window: idleTimeout };
}

function health({ of, figures, cached }: RunpodEndpoint): object {
  const ready = of.containers.filter(({ isReady }) => isReady);
  const running = ready.filter(({ busy }) => busy > 0).length;
  const idle = ready.length - running + cached;
  return {
    jobs: { completed: 0, failed: 0, inProgress: running, inQueue: of.backlog, retried: 0 },
    workers: {
      idle,
      initializing: of.count - ready.length,
      ready: idle,
      running,
      throttled: of.isFull ? Math.max(0, figures.workersMin - of.count) : 0,
      unhealthy: 0,
    },
  };
}
