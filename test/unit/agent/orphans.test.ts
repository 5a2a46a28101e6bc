// The book of replicas and the sweep that reads it, on real processes.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sweepLeftovers, sweepProcesses, tokenVariable } from '../../../gpu-workers/agent/orphans.ts';
import {
  findByEnvironment,
  isRunning,
  readBootId,
  readIdentity,
} from '../../../gpu-workers/agent/process-table.ts';
import { ReplicaBook, type ReplicaRow } from '../../../gpu-workers/agent/replica-book.ts';
import { must } from '../../../src/core/base/assert.ts';

let dir = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pilotlight-book-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A process that does nothing; with a token it looks like a replica. */
async function spawnIdle(token: string | null): Promise<number> {
  const script = 'console.log(1); setInterval(() => {}, 1000)';
  const env = { ...process.env, ...(token === null ? {} : { [tokenVariable]: token }) };
  const child = spawn(process.execPath, ['-e', script], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await new Promise((done) => child.stdout.once('data', done));
  return must(child.pid, 'a pid');
}

function row(change: Partial<ReplicaRow> = {}): ReplicaRow {
  const token = randomUUID();
  return { id: 'r-1', generation: 1, pool: 'p', version: 'v@1', token, process: null, ...change };
}

function open(): { book: ReplicaBook; rows: readonly ReplicaRow[]; damaged: boolean } {
  const opened = ReplicaBook.open(dir);
  if (!opened.ok) throw new Error(opened.error);
  return { book: opened.value.book, ...opened.value.leftovers };
}

describe('the book', () => {
  test('gives the next agent what was intended and recorded, and not what was forgotten', () => {
    const { book } = open();
    const [intended, recorded, forgotten] = [row(), row(), row()];
    for (const each of [intended, recorded, forgotten]) book.intend(each);
    book.record(recorded.token, process.pid);
    book.record(forgotten.token, process.pid);
    book.forget([forgotten.token]);
    expect(open().rows).toEqual([intended, { ...recorded, process: readIdentity(process.pid) }]);
  });

  test('keeps what was left until it is forgotten, so that a crash while it is swept loses nothing', () => {
    const left = row();
    open().book.intend(left);
    open();
    const { book, rows } = open();
    expect(rows).toEqual([left]);
    book.forget([left.token]);
    expect(open().rows).toEqual([]);
  });

  test('of an earlier boot names nothing that could still run', () => {
    open().book.intend(row());
    const file = join(dir, 'replicas.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(readBootId(), 'another boot'));
    expect(open()).toMatchObject({ rows: [], damaged: false });
  });

  test.each(['', '[{', '{}', '{"bootId":"x","agent":null,"replicas":[{"token":1}]}'])(
    'that holds %j is damaged, and is replaced',
    (text) => {
      writeFileSync(join(dir, 'replicas.json'), text);
      expect(open()).toMatchObject({ rows: [], damaged: true });
      expect(open()).toMatchObject({ rows: [], damaged: false });
    },
  );

  test('is refused while another agent that runs holds it, and only then', async () => {
    open();
    const file = join(dir, 'replicas.json');
    const pid = await spawnIdle(null);
    const holder = must(readIdentity(pid), 'the holder');
    writeFileSync(file, JSON.stringify({ bootId: readBootId(), agent: holder, replicas: [] }));
    expect(ReplicaBook.open(dir)).toMatchObject({ ok: false, error: expect.stringContaining(`pid ${pid}`) });
    const reused = { ...holder, startTicks: '1' };
    writeFileSync(file, JSON.stringify({ bootId: readBootId(), agent: reused, replicas: [] }));
    expect(ReplicaBook.open(dir)).toMatchObject({ ok: true });
  });
});

describe('the sweep', () => {
  test('ends a process that was recorded, and has seen it gone when it answers', async () => {
    const pid = await spawnIdle(null);
    const identity = must(readIdentity(pid), 'an identity');
    const swept = await sweepLeftovers([row({ process: identity })]);
    expect(swept).toEqual({ killed: [identity], stuck: [] });
    expect(isRunning(identity)).toBe(false);
  });

  test('never touches a process that only has the same pid', async () => {
    const pid = await spawnIdle(null);
    const identity = must(readIdentity(pid), 'an identity');
    expect(await sweepLeftovers([row({ process: { pid, startTicks: '1' } })])).toEqual({
      killed: [],
      stuck: [],
    });
    expect(isRunning(identity)).toBe(true);
  });

  test('ends a process whose spawn was intended but not recorded, known by its token', async () => {
    const intended = row();
    const pid = await spawnIdle(intended.token);
    const bystander = await spawnIdle(randomUUID());
    const swept = await sweepLeftovers([intended]);
    expect(swept.killed.map((each) => each.pid)).toEqual([pid]);
    expect(readIdentity(bystander)).not.toBeNull();
  });

  test('ends every process that carries the token, with the one that was recorded', async () => {
    const token = randomUUID();
    const pids = [await spawnIdle(token), await spawnIdle(token)];
    const recorded = row({ token, process: readIdentity(must(pids[0], 'a pid')) });
    const swept = await sweepProcesses([recorded]);
    expect(new Set(swept.killed.map((each) => each.pid))).toEqual(new Set(pids));
  });

  test('of nothing looks at nothing', async () => {
    expect(await sweepProcesses([])).toEqual({ killed: [], stuck: [] });
    expect(findByEnvironment(new Set())).toEqual([]);
  });
});
