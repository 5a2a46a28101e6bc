// What the agent promises as a program, beyond the backend contract: it ends cleanly, it leaves nothing behind however it dies, and it
// says clearly why it does not start. Real processes, real signals.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeAgentBackend } from '../../src/backends/agent.ts';
import type { StartCommand } from '../../src/backends/backend.ts';
import { makeRng } from '../../src/core/base/rng.ts';
import { must } from '../../src/core/base/assert.ts';
import { AgentProgram, agentToken, findReplicaPids } from '../support/agent-program.ts';

const waitMs = 10_000;
const prefix = `p-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
const programs: AgentProgram[] = [];
let serial = 0;

function makeProgram(): AgentProgram {
  const program = new AgentProgram();
  programs.push(program);
  return program;
}

function order(version: string, waitMsMax = waitMs): StartCommand {
  serial += 1;
  return { id: `${prefix}-${serial}`, generation: 1, pool: 'pool~local', version, waitMs: waitMsMax };
}

/** Starts all of them; one that never gets ready is not waited for. */
async function startEach(agent: AgentProgram, versions: readonly string[]): Promise<readonly StartCommand[]> {
  const commands = versions.map((version) => order(version, version === 'hang@1' ? 0 : waitMs));
  const replies = await Promise.all(commands.map((command) => agent.backend().start(command)));
  for (const reply of replies) expect(reply.ok).toBe(true);
  return commands;
}

/** Looks again until it is so; a process needs a moment to do what it was told. */
async function until(isSo: () => boolean): Promise<void> {
  await vi.waitUntil(isSo, { timeout: waitMs, interval: 10 });
}

/** Every replica of this file, whichever agent began it. */
function countReplicas(): number {
  return findReplicaPids(prefix).length;
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.dispose()));
  expect(countReplicas()).toBe(0);
});

describe('the end of the agent', () => {
  test.each([
    ['SIGTERM', ['good@1', 'stubborn@1', 'hang@1', 'nest@1'], 5],
    ['SIGINT', ['good@1', 'nest@1'], 3],
    ['SIGHUP', ['good@1', 'nest@1'], 3],
  ] as const)(
    '%s ends every replica, also one that ignores it, and leaves nothing in the book',
    async (signal, versions, processes) => {
      const agent = makeProgram();
      expect(await agent.start()).toBeNull();
      await startEach(agent, versions);
      expect(countReplicas()).toBe(processes);
      expect(await agent.end(signal)).toEqual({ code: 0, signal: null });
      expect(countReplicas()).toBe(0);
      const book: unknown = JSON.parse(readFileSync(join(agent.dir, 'agent/replicas.json'), 'utf8'));
      expect(book).toMatchObject({ replicas: [] });
    },
  );

  test('a second signal does not cut the first short', async () => {
    const agent = makeProgram();
    await agent.start();
    await agent.backend().start(order('stubborn@1'));
    const ended = agent.end('SIGINT');
    await until(() => agent.output.includes('ending'));
    expect(countReplicas()).toBe(1);
    await Promise.all([agent.end('SIGTERM'), agent.end('SIGINT')]);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(countReplicas()).toBe(0);
  });

  test('it ends when whoever started it closes its stdin, if it was asked to', async () => {
    const agent = makeProgram();
    await agent.start({ PILOTLIGHT_PARENT_WATCH: '1' });
    await agent.backend().start(order('good@1'));
    expect(await agent.closeStdin()).toEqual({ code: 0, signal: null });
    expect(countReplicas()).toBe(0);
  });
});

describe('after a SIGKILL of the agent', () => {
  test('a replica that watches its stdin ends by itself', async () => {
    const agent = makeProgram();
    await agent.start();
    await startEach(agent, ['good@1', 'good@1']);
    await agent.end('SIGKILL');
    await until(() => countReplicas() === 0);
  });

  test('the next one has ended every process that was left before it serves', async () => {
    const agent = makeProgram();
    await agent.start();
    const commands = await startEach(agent, ['good@1', 'stubborn@1', 'nest@1', 'hang@1']);
    await agent.end('SIGKILL');
    // What ignores its closed stdin is still there: this is what the book is for.
    expect(countReplicas()).toBeGreaterThanOrEqual(2);
    await agent.start();
    expect(countReplicas()).toBe(0);
    expect(await agent.backend().list('pool~local')).toEqual({ ok: true, value: [] });
    const reborn = await agent.backend().start(must(commands[0], 'a command'));
    expect(reborn).toMatchObject({ ok: true, value: { condition: 'ready' } });
  });

  test(
    'twenty kills at seeded moments leave no replica after the next start',
    { timeout: 120_000 },
    async () => {
      const agent = makeProgram();
      const left: number[] = [];
      for (let seed = 1; seed <= 20; seed += 1) {
        const rng = makeRng(seed);
        expect(await agent.start(), `seed ${seed}: ${agent.output}`).toBeNull();
        expect(countReplicas(), `seed ${seed}`).toBe(0);
        const backend = agent.backend();
        const starts = ['stubborn@1', 'nest@1', 'good@1', 'stubborn@1'].map((version) =>
          backend.start(order(version)),
        );
        // Every other time from the middle of the spawns on, whenever that is; else at any moment.
        if (seed % 2 === 0) await until(() => countReplicas() >= 3);
        await new Promise((done) => setTimeout(done, rng() * 150));
        await agent.end('SIGKILL');
        await Promise.all(starts);
        left.push(countReplicas());
      }
      expect(await agent.start()).toBeNull();
      expect(countReplicas()).toBe(0);
      // The kills did leave something behind to be ended, or this test has shown nothing.
      expect(left.filter((count) => count > 0).length).toBeGreaterThanOrEqual(10);
    },
  );
});

describe('a replica', () => {
  test('that leaves children behind is gone with them once it is stopped', async () => {
    const agent = makeProgram();
    await agent.start();
    const command = order('nest@1');
    await agent.backend().start(command);
    expect(countReplicas()).toBe(2);
    expect(await agent.backend().stop(command)).toEqual({ ok: true, value: null });
    expect(countReplicas()).toBe(0);
  });

  test('that dies while it wakes is failed, with its last words', async () => {
    const agent = makeProgram();
    await agent.start();
    const command = order('no-wake@1');
    await agent.backend().start(command);
    await agent.backend().park(command);
    const woken = await agent.backend().wake(command);
    expect(woken).toMatchObject({
      ok: true,
      value: { condition: 'failed', reason: 'exit code 3: out of memory' },
    });
  });

  test('that does not do what it is told is failed, and can still be stopped', async () => {
    const agent = makeProgram();
    await agent.start();
    const command = order('sick@1');
    await agent.backend().start(command);
    const parked = await agent.backend().park(command);
    expect(parked).toMatchObject({ ok: true, value: { condition: 'failed', reason: 'it did not park' } });
    expect(countReplicas()).toBe(1);
    expect(await agent.backend().stop(command)).toEqual({ ok: true, value: null });
    expect(countReplicas()).toBe(0);
  });

  test('never sees the token of the agent', async () => {
    const agent = makeProgram();
    await agent.start();
    const started = await agent.backend().start(order('good@1'));
    const endpoint = started.ok ? started.value.endpoint : null;
    const environment = await (await fetch(`${endpoint}/environment`)).text();
    expect(environment).toContain('PILOTLIGHT_REPLICA_TOKEN');
    expect(environment).not.toContain(agentToken);
  });

  test('whose program does not exist is failed and says so', async () => {
    const agent = makeProgram();
    const launch = { kind: 'command', command: ['/no/such/program'] };
    const models = join(agent.dir, 'other.json');
    writeFileSync(models, JSON.stringify({ versions: [{ id: 'absent@1', task: 'chat', launch }] }));
    await agent.start({ PILOTLIGHT_MODELS: models });
    const command = order('absent@1');
    const reply = await agent.backend().start(command);
    expect(reply).toMatchObject({ ok: true, value: { condition: 'failed', pid: null } });
    if (reply.ok) expect(reply.value.reason).toContain('cannot run /no/such/program');
    expect((await agent.backend().stop(command)).ok).toBe(true);
  });
});

describe('an agent that cannot be asked', () => {
  test('is unreachable when it is down', async () => {
    const agent = makeProgram();
    await agent.start();
    const backend = agent.backend();
    await agent.end('SIGTERM');
    expect(await backend.capacity()).toMatchObject({ ok: false, error: { kind: 'unreachable' } });
    expect(await backend.start(order('good@1'))).toMatchObject({ error: { kind: 'unreachable' } });
  });

  test('is a timeout when it is stopped in its tracks, and answers again afterwards', async () => {
    const agent = makeProgram();
    await agent.start();
    const backend = makeAgentBackend({ url: agent.url, token: agentToken, fetch, marginMs: 200 });
    process.kill(agent.pid, 'SIGSTOP');
    expect(await backend.capacity()).toMatchObject({ ok: false, error: { kind: 'timeout' } });
    process.kill(agent.pid, 'SIGCONT');
    expect((await agent.backend().capacity()).ok).toBe(true);
  });
});

describe('the agent does not start, and says why', () => {
  test.each([
    ['without a token', { AGENT_TOKEN: '' }, 'AGENT_TOKEN is not set'],
    ['with a port that is none', { AGENT_PORT: 'http' }, 'AGENT_PORT must be a port number'],
    ['with a bad capacity', { AGENT_REPLICAS_MAX: '0' }, 'AGENT_REPLICAS_MAX must be a number from 1'],
    ['without the models file', { PILOTLIGHT_MODELS: '/no/such.json' }, 'cannot read PILOTLIGHT_MODELS'],
  ])('%s', async (_, env, words) => {
    const agent = makeProgram();
    expect(await agent.start(env)).toEqual({ code: 1, signal: null });
    expect(agent.output).toContain(words);
  });

  test('with a models file that is wrong, naming the field', async () => {
    const agent = makeProgram();
    const file = join(agent.dir, 'wrong.json');
    const version = { id: 'x@1', task: 'chat', launch: { kind: 'embedder' }, slot: 4 };
    writeFileSync(file, JSON.stringify({ versions: [version] }));
    expect(await agent.start({ PILOTLIGHT_MODELS: file })).toMatchObject({ code: 1 });
    expect(agent.output).toContain(`${file}: the model catalogue is not valid`);
    expect(agent.output).toContain('"slot"');
  });

  test('with a state directory that cannot be written', async () => {
    const agent = makeProgram();
    writeFileSync(join(agent.dir, 'file'), '');
    expect(await agent.start({ PILOTLIGHT_STATE: join(agent.dir, 'file') })).toMatchObject({ code: 1 });
    expect(agent.output).toContain('cannot write to the state directory');
  });

  test('on a taken port, and leaves what is in the state directory alone', async () => {
    const agent = makeProgram();
    await agent.start();
    await agent.backend().start(order('good@1'));
    const second = makeProgram();
    const env = { AGENT_PORT: new URL(agent.url).port, PILOTLIGHT_STATE: agent.dir };
    expect(await second.start(env)).toMatchObject({ code: 1 });
    expect(second.output).toContain('is taken: set AGENT_PORT to another one');
    expect(countReplicas()).toBe(1);
  });

  test('in the state directory of another agent that runs, whose replicas live on', async () => {
    const agent = makeProgram();
    await agent.start();
    await agent.backend().start(order('good@1'));
    const second = makeProgram();
    expect(await second.start({ PILOTLIGHT_STATE: agent.dir })).toMatchObject({ code: 1 });
    expect(second.output).toContain(`the agent with pid ${agent.pid} works in`);
    expect(countReplicas()).toBe(1);
  });

  test('but it does start over a damaged book, and says that it knows nothing of earlier replicas', async () => {
    const agent = makeProgram();
    mkdirSync(join(agent.dir, 'agent'));
    writeFileSync(join(agent.dir, 'agent/replicas.json'), '[{');
    expect(await agent.start()).toBeNull();
    expect(agent.output).toContain('is damaged');
  });
});

describe('a call that makes no sense is refused, and the next one works', () => {
  let agent: AgentProgram;
  beforeAll(async () => {
    agent = new AgentProgram();
    await agent.start();
  });
  afterAll(() => agent.dispose());

  test.each([
    ['no such path', 'GET', '/v1/nothing', undefined],
    ['a path that is none', 'GET', '//', undefined],
    ['an id with capital letters', 'PUT', '/v1/replicas/Upper', '{}'],
    ['a body that is not JSON', 'PUT', '/v1/replicas/a', '{'],
    ['a body that is empty', 'PUT', '/v1/replicas/a', ''],
    ['a body with a generation of zero', 'POST', '/v1/replicas/a/park', '{"generation":0}'],
    ['a verb that is none', 'POST', '/v1/replicas/a/burn', '{"generation":1}'],
    ['a body over the limit', 'POST', '/v1/replicas/a/park', ' '.repeat(20_000)],
    ['a stop without a generation', 'DELETE', '/v1/replicas/a', undefined],
  ])('%s', async (_, method, path, body) => {
    const authorization = `Bearer ${agentToken}`;
    const reply = await fetch(agent.url + path, { method, headers: { authorization }, body: body ?? null });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { code: 'invalid' } });
    expect((await agent.backend().capacity()).ok).toBe(true);
  });
});
