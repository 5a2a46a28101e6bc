// The apps that are deployed on Modal, as Python: what they ask Modal for, the life of a container around its snapshot, and the guard. The
// server in them is the stand-in for vLLM. Modal itself is nowhere here: its package is asked where Python has it, and a stand-in for the
// package, written from its reference, everywhere.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { guardCommand, guardVariables } from '../../gpu-workers/agent/modal/guard-vllm.ts';
import { parseVllmFlags } from '../../gpu-workers/servers/vllm-flags.ts';
import { readApps } from '../../src/cli/modal-deploy/apps.ts';
import { takeQuietPort } from '../support/modal/quiet-ports.ts';
import { modalFolder, runPython, whyNoPython } from '../support/python-program.ts';
import { vllmServer } from '../support/vllm-launch.ts';

const apps = readApps(join(modalFolder, 'apps.json'));
const files = Object.values(apps).map(({ file }) => file);
const noPython = whyNoPython();
const noSdk = whyNoPython('modal');
const withPython = noPython === null ? test : test.skip;
if (noPython !== null) console.info(`what is written in Python is not tested here: ${noPython}`);
const because = (title: string, why: string | null): string =>
  why === null ? title : `${title} (not here: ${why})`;

interface Described {
  readonly name: string;
  readonly class: string;
  readonly gpu: string;
  readonly image: readonly (readonly [string, ...unknown[]])[];
  readonly volumes: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly concurrent: { readonly max_inputs: number };
  readonly hooks: Readonly<Record<string, readonly [string, Readonly<Record<string, unknown>>]>>;
  readonly command: readonly string[];
}

describe('what the apps ask Modal for', () => {
  withPython(
    because('is what apps.json says, with a snapshot of GPU and memory and a protected address', noPython),
    () => {
      const described = runPython('describe_apps.py', ['stub', modalFolder, ...files]) as Record<
        string,
        Described
      >;
      for (const app of Object.values(apps)) {
        const asked = described[app.file];
        expect(asked).toMatchObject({ name: app.app, gpu: app.gpu, concurrent: { max_inputs: app.slots } });
        expect(`${asked?.class}.serve`).toBe(app.function);
        expect(asked?.options).toMatchObject({
          min_containers: 0,
          max_containers: 1,
          buffer_containers: 0,
          scaledown_window: 60,
          enable_memory_snapshot: true,
          experimental_options: { enable_gpu_snapshot: true },
        });
        expect(asked?.hooks).toMatchObject({
          load: ['enter', { snap: true }],
          wake: ['enter', { snap: false }],
          serve: ['web_server', { port: 8000, requires_proxy_auth: true }],
        });
        expect(Object.values(asked?.volumes ?? {})).toEqual(['pilotlight-weights', 'pilotlight-compiled']);
        expect(asked?.image.at(-1)).toEqual([
          'add_local_python_source',
          'vllm_options',
          'vllm_server',
          'pilotlight_guard',
        ]);
      }
    },
  );

  withPython(because('is started with flags that vLLM has, guarded, and able to sleep', noPython), () => {
    const described = runPython('describe_apps.py', ['stub', modalFolder, ...files]) as Record<
      string,
      Described
    >;
    for (const app of Object.values(apps)) {
      const flags = parseVllmFlags(described[app.file]?.command.slice(1) ?? []);
      expect(flags).toMatchObject({
        ok: true,
        value: { names: [app.version], slots: app.slots, hasSleepMode: true, host: '0.0.0.0' },
      });
      expect(flags.ok && flags.value.middleware).toEqual(['pilotlight_guard.KeyGuard']);
    }
  });

  (noSdk === null ? test : test.skip)(because('is taken by the modal package itself', noSdk), () => {
    const described = runPython('describe_apps.py', ['sdk', modalFolder, ...files]) as Record<string, object>;
    for (const app of Object.values(apps))
      expect(described[app.file]).toEqual({ name: app.app, classes: [app.function.split('.')[0]] });
  });
});

describe('a container of an app', () => {
  // The stand-in for vLLM reranks nothing.
  withPython.each(['chat', 'embeddings'])(
    '%s: is asleep for its snapshot, awake after it, and opens its sleep to no stranger',
    async (name) => {
      const bin = mkdtempSync(join(tmpdir(), 'pilotlight-vllm-'));
      writeFileSync(join(bin, 'vllm'), `#!/bin/sh\nexec "${process.execPath}" "${vllmServer}" "$@"\n`);
      chmodSync(join(bin, 'vllm'), 0o755);
      const seen = runPython('live_a_life.py', [modalFolder, name, String(await takeQuietPort())], {
        path: bin,
      });
      rmSync(bin, { recursive: true });
      expect(seen).toEqual({
        asleepForTheSnapshot: true,
        awakeAfterIt: true,
        answers: 200,
        strangers: { '/sleep': 401, '/wake_up': 401, '/collective_rpc': 401 },
        health: 200,
        exitCode: 0,
      });
    },
  );
});

describe('the guard', () => {
  const key = { PILOTLIGHT_KEY: 'of-callers' };
  const control = { PILOTLIGHT_CONTROL_KEY: 'of-the-container' };
  withPython.each([
    ['with a key', key, { '/health': 200, '/v1/models': 401, '/sleep': 401, '/invocations': 401 }, null],
    ['with a key, to who shows it', key, { '/v1/models': 200, '/sleep': 200, '/metrics': 200 }, 'of-callers'],
    ['with a key, to who shows another', key, { '/health': 200, '/v1/models': 401, '/sleep': 401 }, 'wrong'],
    [
      'behind another guard',
      control,
      { '/health': 200, '/v1/models': 200, '/sleep': 401, '/collective_rpc': 401 },
      null,
    ],
    [
      'behind another guard, to its own container',
      control,
      { '/v1/models': 200, '/sleep': 200 },
      'of-the-container',
    ],
    ['without any key', {}, { '/health': 200, '/v1/models': 401, '/sleep': 401 }, ''],
    ['of near misses', control, { '/healthz': 401, '/v1': 401, '//health': 401, '/v2/rerank': 401 }, null],
  ])('%s opens what it should, and nothing else', (_, environ, statuses, shown) => {
    const cases = Object.keys(statuses).map((path) => ({ environ, path, key: shown, type: 'http' }));
    const input = JSON.stringify(cases);
    expect(runPython('ask_guard.py', [modalFolder], { input })).toEqual(Object.values(statuses));
  });

  withPython(because('gets into a container that has nothing but the image of the server', noPython), () => {
    const said = 'import sys, pilotlight_guard; print(pilotlight_guard.KeyGuard.__name__, sys.argv[1:])';
    const [program = '', ...args] = guardCommand(['python3', '-c', said]);
    const env = { PATH: process.env['PATH'], ...guardVariables() };
    const ran = spawnSync(program, args, { encoding: 'utf8', env });
    expect(ran.stdout.trim(), ran.stderr).toBe("KeyGuard ['--middleware', 'pilotlight_guard.KeyGuard']");
  });

  withPython(because('lets no socket through, and the start of the server itself', noPython), () => {
    const cases = [
      { environ: key, path: '/v1/realtime', key: null, type: 'websocket' },
      { environ: key, path: '', key: null, type: 'lifespan' },
    ];
    expect(runPython('ask_guard.py', [modalFolder], { input: JSON.stringify(cases) })).toEqual([1008, 200]);
  });
});
