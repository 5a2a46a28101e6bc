// The agent as a container has it: the files that its image copies and nothing else, behind the thin Worker's door, with Modal's wire protocol
// before it. Docker builds no image here, and Cloudflare runs no container: the image's folder is made from the Dockerfile's own lines, and
// the Worker is bundled by the real wrangler and run by the real runtime, which has no containers.
import { spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forwardCall } from '../../gpu-workers/container/forward-call.ts';
import { makeAgentBackend } from '../../src/backends/agent.ts';
import type { Backend } from '../../src/backends/backend.ts';
import { warningsIn } from '../../src/cli/deploy/bundle.ts';
import { runWrangler } from '../../src/cli/deploy/run-wrangler.ts';
import { must } from '../../src/core/base/assert.ts';
import { makeImageFolder, readImage } from '../support/agent-image.ts';
import { agentToken, type AgentProgram } from '../support/agent-program.ts';
import { ModalServer } from '../support/modal/modal-server.ts';
import { makeSandboxAgent } from '../support/modal/sandbox-agent.ts';
import { findFreePort, startRawWorker, waitForHttp } from '../support/raw-workerd.ts';
import { endChild } from '../support/stack.ts';

const root = resolve(import.meta.dirname, '../..');
const startMsMax = 30_000;

describe('the files of the image', () => {
  const image = must(readImage().at(-1), 'a stage of the Dockerfile');
  const modal = new ModalServer();
  let folder: string;
  let agent: AgentProgram;

  /** A container begins with an empty disk. */
  async function startContainer(): Promise<AgentProgram> {
    const env = { AGENT_HOST: image.env['AGENT_HOST'] ?? '', MODAL_ON_END: 'keep' };
    const started = makeSandboxAgent(modal, env, folder);
    expect(await started.start()).toBeNull();
    return started;
  }

  /** The client of the platform's Worker, through the door, to the container that there is. */
  const backend: Backend = makeAgentBackend({
    url: 'https://agent.example',
    token: agentToken,
    fetch: (url, init) =>
      forwardCall({
        request: new Request(url, init),
        token: agentToken,
        container: () => ({ fetch: askContainer, stop: () => Promise.resolve() }),
      }),
  });

  async function askContainer(call: Request): Promise<Response> {
    const { method, headers } = call;
    const body = await call.text();
    return fetch(call.url.replace('http://agent', agent.url), {
      method,
      headers,
      body: body === '' ? null : body,
    });
  }

  const isHealthy = (): boolean => {
    const [command = '', ...args] = image.health;
    const env = { PATH: process.env['PATH'] ?? '', AGENT_PORT: new URL(agent.url).port };
    return spawnSync(command === 'node' ? process.execPath : command, args, { env }).status === 0;
  };

  beforeAll(async () => {
    folder = makeImageFolder(image);
    await modal.open();
    agent = await startContainer();
  });

  afterAll(async () => {
    await agent.dispose();
    await modal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('are enough for an agent that can be asked from outside its container, and is healthy', async () => {
    expect(await backend.capacity()).toMatchObject({ ok: true });
    // Whoever listens at 127.0.0.1 alone does not answer here.
    const port = new URL(agent.url).port;
    expect((await fetch(`http://127.0.0.2:${port}/healthz`)).status).toBe(200);
    expect(isHealthy()).toBe(true);
  });

  test('a sandbox outlives its agent and the disk of its container: the next one takes it over', async () => {
    const ref = { id: `c-${process.pid}`, generation: 1 };
    const pool = 'good@1~here';
    const begun = await backend.start({ ...ref, pool, version: 'good@1', waitMs: 12_000 });
    expect(begun).toMatchObject({ ok: true, value: { condition: 'ready' } });
    await agent.dispose();
    expect(isHealthy()).toBe(false);
    expect(await backend.list(pool)).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    expect(modal.sandboxes.running()).toHaveLength(1);

    agent = await startContainer();
    const ready = { ok: true, value: [{ ...ref, condition: 'ready' }] };
    await expect.poll(() => backend.list(pool)).toMatchObject(ready);
    expect(await backend.stop(ref)).toEqual({ ok: true, value: null });
    await expect.poll(() => modal.sandboxes.running().length).toBe(0);
  });
});

describe('the Worker before it', () => {
  const out = mkdtempSync(join(tmpdir(), 'pilotlight-container-'));
  let worker: ChildProcess | null = null;

  afterAll(async () => {
    if (worker !== null) await endChild(worker);
    rmSync(out, { recursive: true, force: true });
  });

  test.each(['staging', 'production'])('of %s is bundled without a warning', async (env) => {
    const config = 'gpu-workers/container/wrangler.toml';
    const outdir = join(out, env);
    const args = ['deploy', '--dry-run', '--config', config, '--env', env, '--outdir', outdir];
    // Without a Docker that runs, the image is left out even of a dry run.
    const { isGood, words } = await runWrangler({ root, args: [...args, '--containers-rollout=none'] });
    const [size = ''] = /.*gzip: [\d.]+ KiB/.exec(words) ?? [];
    expect(size).not.toBe('');
    // For whoever reads the log of the tests.
    console.log(`agent ${env}  ${size}`);
    expect(warningsIn(words)).toEqual([]);
    expect(isGood).toBe(true);
  });

  test('refuses strangers in the runtime, and says of the container that it does not answer', async () => {
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    worker = startRawWorker(
      {
        modulePath: join(out, 'staging/worker.js'),
        port,
        stateDir: out,
        vars: { AGENT_TOKEN: agentToken },
        objects: { AGENT: 'AgentObject' },
      },
      [],
      { quiet: true },
    );
    await waitForHttp(`${url}/healthz`, startMsMax);
    expect((await fetch(`${url}/v1/capacity`)).status).toBe(401);
    const known = makeAgentBackend({ url, token: agentToken, fetch });
    expect(await known.capacity()).toMatchObject({
      ok: false,
      error: {
        kind: 'unreachable',
        message: expect.stringContaining("the agent's container does not answer"),
      },
    });
  });
});
