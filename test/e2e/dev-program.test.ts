import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findByEnvironment } from '../../gpu-workers/agent/process-table.ts';
import { findFreePort } from '../support/raw-workerd.ts';
import {
  askFrance,
  chat,
  endChild,
  eventually,
  listModelProcesses,
  patienceMs,
  runDev,
  startStack,
  type Stack,
} from '../support/stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-dev-'));
const stateDir = join(folder, 'state');

/** Ignores the polite signal and leaves the process group of whoever started it. */
const stubborn = `
  const http = require('node:http');
  process.on('SIGTERM', () => undefined);
  http.createServer((request, response) => response.end('{"choices":[]}')).listen(process.env.PORT, '127.0.0.1');
`;

let stack: Stack;

beforeAll(async () => {
  stack = await start();
});

afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(): Promise<Stack> {
  const command = ['setsid', process.execPath, '-e', stubborn];
  return startStack({
    stateDir,
    models: {
      versions: [{ id: 'stubborn@1', task: 'chat', launch: { kind: 'command', command, readyPath: '/' } }],
      aliases: {},
    },
  });
}

/** Everything that runs for this state directory: the agent, the Worker's runtimes, model servers. */
function listProcesses(): readonly number[] {
  return findByEnvironment(new Set([`PILOTLIGHT_DEV_STATE=${stateDir}`])).map(({ pid }) => pid);
}

/** The one that listens, of the two runtimes. */
function findListeningRuntime(): number {
  const found = listProcesses().find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`--socket-addr=entry=127.0.0.1:${stack.port}`),
  );
  if (found === undefined) throw new Error('no runtime listens');
  return found;
}

interface Refusal {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** A start that must not come to anything, over a state directory of its own unless told otherwise. */
async function runRefused(env: Readonly<Record<string, string>>): Promise<Refusal> {
  const ports = { PORT: String(await findFreePort()), AGENT_PORT: String(await findFreePort()) };
  const ownState = join(folder, `refused-${ports.PORT}`);
  const { child, output } = runDev({ ...process.env, ...ports, PILOTLIGHT_STATE: ownState, ...env });
  await eventually('it ends', patienceMs, async () => child.exitCode !== null);
  expect(findByEnvironment(new Set([`PILOTLIGHT_DEV_STATE=${ownState}`]))).toEqual([]);
  return { code: child.exitCode, lines: output().trimEnd().split('\n') };
}

async function withTakenPort<T>(use: (port: string) => Promise<T>): Promise<T> {
  const taken = createServer();
  const port = await findFreePort();
  await new Promise<void>((done) => void taken.listen(port, '127.0.0.1', done));
  try {
    return await use(String(port));
  } finally {
    taken.close();
  }
}

test('--help says what can be set, and starts nothing', async () => {
  const { child, output } = runDev(process.env, { args: ['--help'] });
  await eventually('it ends', patienceMs, async () => child.exitCode !== null);
  expect(child.exitCode).toBe(0);
  for (const name of ['PORT', 'AGENT_PORT', 'PILOTLIGHT_STATE', 'PILOTLIGHT_MODELS'])
    expect(output()).toContain(name);
});

test.each(['PORT', 'AGENT_PORT'])('a taken port is one clear line: %s', async (variable) => {
  await withTakenPort(async (port) => {
    const advice = `set ${variable} to another port`;
    const line = `error: port ${port} is taken: end the program that uses it, or ${advice}`;
    expect(await runRefused({ [variable]: port })).toEqual({ code: 1, lines: [line] });
  });
});

test('what cannot work is refused in one line that says where and what to do', async () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '{"versions":[{"id":"no version"}]}');
  const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [
      { PILOTLIGHT_STATE: join(file, 'state') },
      /state directory .*a-file\/state is not writable .*set PILOTLIGHT_STATE/,
    ],
    [{ PILOTLIGHT_MODELS: join(folder, 'absent.json') }, /absent\.json.*cannot be read/],
    [{ PILOTLIGHT_MODELS: file }, /the models in .*a-file cannot be used: /],
    [{ PORT: 'http' }, /PORT must be a port from 1 to 65535, not "http"/],
    [{ PILOTLIGHT_CRON_MS: '-1' }, /PILOTLIGHT_CRON_MS must be a whole number/],
    [{ PORT: '4000', AGENT_PORT: '4000' }, /PORT and AGENT_PORT are both 4000/],
  ];
  const replies = await Promise.all(cases.map(([env]) => runRefused(env)));
  for (const [at, [, words]] of cases.entries()) {
    expect(replies[at]).toEqual({ code: 1, lines: [expect.stringMatching(words)] });
    expect(replies[at]?.lines[0]).toMatch(/^error: /);
  }
});

test('a second program over the same state directory is refused, and harms nothing', async () => {
  const { code, lines } = await runRefused({ PILOTLIGHT_STATE: stateDir });
  expect(code).toBe(1);
  expect(lines).toEqual([
    expect.stringContaining(`another "npm run dev" (pid ${stack.pid}) uses the state directory ${stateDir}`),
  ]);
  expect((await chat(stack, askFrance)).status).toBe(200);
});

test('the runtime that listens is killed: the endpoint is back by itself', async () => {
  process.kill(findListeningRuntime(), 'SIGKILL');
  await eventually(
    'served again',
    patienceMs,
    async () => (await chat(stack, askFrance).catch(() => null))?.status === 200,
  );
});

test('a session outlives the program, and the end leaves no process, not even a model server that will not go', async () => {
  const headers = { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' };
  const post = async (path: string, body: object): Promise<unknown> =>
    (await fetch(stack.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  const { id } = (await post('/v1/sessions', { model: 'assistant' })) as { id: string };
  await post(`/v1/sessions/${id}/messages`, { content: 'What is the capital of France?' });
  const readLog = async (): Promise<unknown> =>
    (await fetch(`${stack.url}/v1/sessions/${id}/messages`, { headers })).json();
  const log = await readLog();
  expect(log).toMatchObject({
    data: [
      { seq: 1, role: 'user' },
      { seq: 2, role: 'assistant' },
    ],
  });

  let tookMs = await endWithStubborn();
  for (let ends = 1; ends < endsMax && tookMs >= endMsPromised; ends += 1) {
    stack = await start();
    tookMs = await endWithStubborn();
  }
  expect(tookMs).toBeLessThan(endMsPromised);

  stack = await start();
  expect(await readLog()).toEqual(log);
});

const endMsPromised = 5_000;
/** A stall can make one end late, and not each of them. */
const endsMax = 3;

/** Ends the program while a model server runs that will not go; returns how long that took. */
async function endWithStubborn(): Promise<number> {
  await chat(stack, { ...askFrance, model: 'stubborn@1' });
  expect(listModelProcesses(stack).some(({ replica }) => replica.startsWith('stubborn-1-'))).toBe(true);
  const startedMs = Date.now();
  process.kill(stack.pid, 'SIGTERM');
  await eventually('it is ending', patienceMs, async () => stack.output().includes('ending (SIGTERM)'));
  // A second signal, of an impatient user, must not cut the end short.
  process.kill(stack.pid, 'SIGTERM');
  process.kill(stack.pid, 'SIGINT');
  await stack.stop();
  const tookMs = Date.now() - startedMs;
  console.log(`ended with a stubborn model server in ${tookMs} ms`);
  expect(listProcesses()).toEqual([]);
  expect(readdirSync(stateDir)).not.toContain('dev.lock');
  return tookMs;
}

test('a program that is killed leaves no process behind, and the next one takes its place', async () => {
  await chat(stack, askFrance);
  process.kill(stack.pid, 'SIGKILL');
  await eventually('nothing is left', patienceMs, async () => listProcesses().length === 0);
  stack = await start();
  expect((await chat(stack, askFrance)).status).toBe(200);
});

test('what is left when all three programs are killed at once is ended by the next start', async () => {
  const { agent, worker } = stack.pids();
  for (const pid of [stack.pid, agent, worker]) process.kill(pid, 'SIGKILL');
  await eventually('its runtimes are orphans', patienceMs, async () => !listProcesses().includes(worker));
  const left = listProcesses();
  expect(left.length).toBeGreaterThan(0);
  stack = await start();
  expect(listProcesses().filter((pid) => left.includes(pid))).toEqual([]);
});

test('whoever reads the output may go away', async () => {
  const ports = { PORT: String(await findFreePort()), AGENT_PORT: String(await findFreePort()) };
  const { child } = runDev({ ...process.env, ...ports, PILOTLIGHT_STATE: join(folder, 'unread') });
  child.stdout?.destroy();
  child.stderr?.destroy();
  try {
    const url = `http://127.0.0.1:${ports.PORT}/healthz`;
    await eventually(
      'it answers',
      patienceMs,
      async () => (await fetch(url).catch(() => null))?.status === 200,
    );
  } finally {
    await endChild(child);
  }
  expect(child.exitCode).toBe(0);
});
