// A model server of this project as a process of its own, for benchmarks that ask one model and need no platform around it. Owns the
// process and the requests; what is asked is the caller's.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { planLaunch } from '../../../gpu-workers/agent/launch.ts';
import { must } from '../../../src/core/base/assert.ts';
import type { Json } from '../../../src/core/run/json.ts';
import type { ModelVersion } from '../../../src/core/registry/model.ts';

const root = resolve(import.meta.dirname, '../../..');
/** Loading takes a tenth of a second for chat and two seconds for the embedder; a busy machine takes longer. */
const READY_TRIES = 600;
const READY_PAUSE_MS = 100;

export interface ChatAsk {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly maxTokens: number;
  /** As OpenAI's `response_format`. */
  readonly format?: Json;
}

export class ModelProcess {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  static async start(version: ModelVersion): Promise<ModelProcess> {
    const port = await findPort();
    const { command, args, env, directory, readyPath } = planLaunch(version, { port, root });
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const model = new ModelProcess(child, `http://127.0.0.1:${port}`);
    for (let left = READY_TRIES; left > 0; left -= 1) {
      if (child.exitCode !== null) throw new Error(`${version.id} ended with ${child.exitCode}`);
      const health = await fetch(model.#url + readyPath).then(
        (answer) => answer.text(),
        () => '',
      );
      if (health.includes('"ready"')) return model;
      await sleep(READY_PAUSE_MS);
    }
    await model.stop();
    throw new Error(`${version.id} did not become ready`);
  }

  /** The best token each time. */
  async chat({ messages, maxTokens, format }: ChatAsk): Promise<string> {
    const body = { messages, max_tokens: maxTokens, temperature: 0, response_format: format };
    const { choices } = (await this.#post('/v1/chat/completions', body)) as {
      readonly choices: readonly { readonly message: { readonly content: string | null } }[];
    };
    return choices[0]?.message.content ?? '';
  }

  /** One vector for each text. */
  async embed(texts: readonly string[]): Promise<readonly (readonly number[])[]> {
    const { data } = (await this.#post('/v1/embeddings', { input: texts })) as {
      readonly data: readonly { readonly embedding: readonly number[] }[];
    };
    return data.map(({ embedding }) => embedding);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const closed = once(this.#child, 'close');
    must(this.#child.stdin, 'the pipe that it watches').end();
    await closed;
  }

  async #post(path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(this.#url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
