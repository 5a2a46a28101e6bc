// A server that speaks Modal's wire protocol to the real `modal` package, and runs what it is told to run as processes of this machine.
// Owns the wire: names of calls, shapes of replies, faults. What sandboxes and functions are is beside it.
import { join } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  status,
  type GrpcObject,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintCertificate, type Certificate } from './certificate.ts';
import { TestFunction, type Deployment } from './test-functions.ts';
import { TestSandboxes } from './test-sandboxes.ts';
import { TestWebUrl, type WebUrlOptions } from './test-web-url.ts';
import { WireError, WireFaults } from './wire-faults.ts';
import type {
  AppGetOrCreate,
  FunctionGet,
  FunctionId,
  FunctionUpdate,
  SandboxCreate,
  SandboxId,
  SandboxList,
  SecretGetOrCreate,
} from './wire-shapes.ts';

const credentials = { id: 'ak-test', secret: 'as-test' } as const;

type Handler = (request: never, idempotencyKey: string) => Promise<object>;

export class ModalServer {
  readonly faults = new WireFaults();
  readonly certificate: Certificate;
  readonly sandboxes: TestSandboxes;
  /** What all web URLs of the workspace do. */
  readonly web: WebUrlOptions = { proxyToken: null, longMs: 150_000 };
  readonly #functions = new Map<string, { readonly of: TestFunction; readonly front: TestWebUrl }>();
  readonly #server = new Server();
  readonly #apps = new Map<string, string>();
  readonly #secrets = new Map<string, Readonly<Record<string, string>>>();
  /** A call that is sent again with its key is answered, not carried out again. */
  readonly #byKey = new Map<string, Promise<object>>();
  #url = '';

  constructor() {
    this.certificate = mintCertificate();
    this.sandboxes = new TestSandboxes(this.certificate, (command, deliver) =>
      this.faults.pass(command, deliver),
    );
  }

  /** What makes the `modal` package, and whoever calls its URLs, talk to this server. */
  get env(): Readonly<Record<string, string>> {
    return {
      MODAL_SERVER_URL: this.#url,
      MODAL_TOKEN_ID: credentials.id,
      MODAL_TOKEN_SECRET: credentials.secret,
      NODE_EXTRA_CA_CERTS: this.certificate.file,
    };
  }

  async open(): Promise<void> {
    const definition = loadSync(join(import.meta.dirname, 'modal.proto'), {
      keepCase: true,
      longs: Number,
      defaults: false,
      oneofs: false,
    });
    const modal = loadPackageDefinition(definition)['modal'] as GrpcObject;
    const client = (modal['client'] as GrpcObject)['ModalClient'] as ServiceClientConstructor;
    const handlers = this.#handlers();
    const implementation = Object.fromEntries(
      Object.keys(client.service).map((rpc) => [rpc, this.#answerWith(rpc, handlers[rpc])]),
    );
    this.#server.addService(client.service, implementation as UntypedServiceImplementation);
    const port = await new Promise<number>((done, fail) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (cause, bound) =>
        cause === null ? done(bound) : fail(cause),
      );
    });
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** Deploys a web function, as the command-line tool does. */
  async deploy(deployment: Deployment): Promise<{ readonly of: TestFunction; readonly front: TestWebUrl }> {
    const of = new TestFunction(`fu-${this.#functions.size + 1}`, deployment);
    const front = new TestWebUrl(this.certificate, of, this.web);
    of.url = await front.open();
    const deployed = { of, front };
    this.#functions.set(of.id, deployed);
    return deployed;
  }

  async close(): Promise<void> {
    this.#server.forceShutdown();
    for (const { of, front } of this.#functions.values()) {
      front.close();
      await of.close();
    }
    await this.sandboxes.close();
    this.certificate.remove();
  }

  #answerWith(rpc: string, handler: Handler | undefined) {
    return (call: ServerUnaryCall<never, object>, reply: sendUnaryData<object>): void => {
      const text = (name: string): string => String(call.metadata.get(name)[0] ?? '');
      if (
        text('x-modal-token-id') !== credentials.id ||
        text('x-modal-token-secret') !== credentials.secret
      ) {
        return reply({ code: status.UNAUTHENTICATED, details: 'Token validation failed' });
      }
      if (handler === undefined) return reply({ code: status.UNIMPLEMENTED, details: rpc });
      this.faults
        .pass(rpc, () => handler(call.request, text('x-idempotency-key')))
        .then(
          (value) => reply(null, value),
          (cause: unknown) => {
            const code = cause instanceof WireError ? cause.code : status.INTERNAL;
            reply({ code, details: cause instanceof Error ? cause.message : String(cause) });
          },
        );
    };
  }

  #function(id: string): TestFunction {
    const found = this.#functions.get(id)?.of;
    if (found === undefined) throw new WireError(status.NOT_FOUND, `no Function ${id}`);
    return found;
  }

  #functionHandlers(): Readonly<Record<string, Handler>> {
    return {
      FunctionGet: async ({ app_name: app = '', object_tag: name = '' }: FunctionGet) => {
        const found = [...this.#functions.values()].find(
          ({ of }) => of.deployment.app === app && of.deployment.name === name,
        )?.of;
        if (found === undefined) throw new WireError(status.NOT_FOUND, `no Function ${name}`);
        return {
          function_id: found.id,
          handle_metadata: { function_name: name, web_url: found.url, supported_input_formats: [4] },
        };
      },
      FunctionUpdateSchedulingParams: async ({ function_id: id, settings = {} }: FunctionUpdate) => ({
        current_settings: this.#function(id).set(settings),
      }),
      FunctionGetCurrentStats: async ({ function_id: id }: FunctionId) => {
        const { backlog, count, containers } = this.#function(id);
        const running = containers.reduce((sum, { busy }) => sum + busy, 0);
        return { backlog, num_total_tasks: count, num_running_inputs: running };
      },
    };
  }

  #handlers(): Readonly<Record<string, Handler>> {
    return {
      ...this.#functionHandlers(),
      AuthTokenGet: async () => ({ token: makeToken() }),
      EnvironmentGetOrCreate: async () => ({
        environment_id: 'en-1',
        metadata: { name: 'main', settings: { image_builder_version: '2025.06' } },
      }),
      AppGetOrCreate: async ({ app_name: name, object_creation_type: creates = 0 }: AppGetOrCreate) => {
        if (creates === 0 && !this.#apps.has(name)) throw new WireError(status.NOT_FOUND, 'no such App');
        this.#apps.set(name, `ap-${name}`);
        return { app_id: `ap-${name}` };
      },
      ImageGetOrCreate: async () => ({ image_id: 'im-1', result: { status: 1 } }),
      SecretGetOrCreate: async ({ env_dict: env = {} }: SecretGetOrCreate) => {
        const id = `st-${this.#secrets.size + 1}`;
        this.#secrets.set(id, env);
        return { secret_id: id };
      },
      SandboxCreate: (request: SandboxCreate, key) => this.#once(key, () => this.#createSandbox(request)),
      SandboxGetTaskId: async ({ sandbox_id: id }: SandboxId) => {
        const sandbox = this.sandboxes.get(id);
        await this.sandboxes.place(sandbox);
        if (sandbox.taskId !== null) return { task_id: sandbox.taskId };
        return sandbox.end === null ? {} : { task_result: { status: sandbox.end.status } };
      },
      SandboxGetTunnels: async ({ sandbox_id: id }: SandboxId) => {
        const { front, order } = this.sandboxes.get(id);
        if (front === null) return { result: { status: 4 } };
        const tunnels = order.ports.map((container_port) => ({
          host: 'localhost',
          port: front.port,
          container_port,
        }));
        return { result: { status: 1 }, tunnels };
      },
      SandboxWait: async ({ sandbox_id: id, timeout = 0 }: SandboxId) => {
        const { ended, end } = this.sandboxes.get(id);
        const result =
          end ?? (timeout === 0 ? null : await Promise.race([ended.promise, sleep(timeout * 1000, null)]));
        return result === null ? {} : { result };
      },
      SandboxTerminate: async ({ sandbox_id: id }: SandboxId) => {
        await this.sandboxes.terminate(this.sandboxes.get(id));
        return {};
      },
      SandboxListV2: async ({ app_id: app = '', before_timestamp: before = 0, tags = [] }: SandboxList) => {
        if (before !== 0) return { sandboxes: [] };
        const wanted = new Map(tags.map(({ tag_name, tag_value }) => [tag_name, tag_value]));
        return {
          sandboxes: this.sandboxes.list(app, wanted).map(({ id, createdAt, order }) => ({
            id,
            created_at: createdAt,
            app_id: app,
            name: order.name,
          })),
        };
      },
      SandboxTagsGet: async ({ sandbox_id: id }: SandboxId) => ({
        tags: [...this.sandboxes.get(id).order.tags].map(([tag_name, tag_value]) => ({
          tag_name,
          tag_value,
        })),
      }),
    };
  }

  async #createSandbox({ app_id = '', definition, tags = [] }: SandboxCreate): Promise<object> {
    const { name = '', entrypoint_args = [], secret_ids = [], open_ports, resources } = definition;
    const gpu = resources?.gpu_config;
    const { id } = this.sandboxes.create({
      appId: app_id,
      name,
      tags: new Map(tags.map(({ tag_name, tag_value }) => [tag_name, tag_value])),
      command: entrypoint_args,
      env: Object.assign({}, ...secret_ids.map((secret) => this.#secrets.get(secret) ?? {})),
      ports: (open_ports?.ports ?? []).map(({ port }) => port),
      gpus: gpu?.count ?? 0,
      gpuType: gpu?.gpu_type ?? '',
    });
    return { sandbox_id: id };
  }

  #once(key: string, act: () => Promise<object>): Promise<object> {
    const known = this.#byKey.get(key) ?? act();
    this.#byKey.set(key, known);
    // What failed was not done: it may be tried again with the same key.
    known.catch(() => this.#byKey.delete(key));
    return known;
  }
}

function makeToken(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return [part({ alg: 'none' }), part({ exp: Math.floor(Date.now() / 1000) + 1200 }), 'signature'].join('.');
}
