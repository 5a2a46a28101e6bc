// The run object in workerd: real rows, its alarm, its eviction and death, calls that arrive together, and what is durable when a follower
// sees it.
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunListObject } from '../../durable-objects/run-list-object.ts';
import { AFTER_HEADER, CHAT_FORM_HEADER, TENANT_HEADER } from '../../durable-objects/run-call.ts';
import { renderLogEntry } from '../../src/core/run/view-run.ts';
import {
  begin,
  desk,
  durableLog,
  ended,
  isHeld,
  kill,
  newRun,
  performedOf,
  release,
  waitFor,
  type Run,
} from './entry-run.ts';

afterEach(() => {
  vi.useRealTimers();
  expect(desk.bugs).toEqual([]);
});

function follow(run: Run, after: number, more: Record<string, string> = {}): Promise<Response> {
  const headers = { [TENANT_HEADER]: 'demo', [AFTER_HEADER]: String(after), ...more };
  return run.stub().fetch('https://run/events', { headers });
}

describe('a run', () => {
  it('goes from its start to its end over real rows', async () => {
    const run = newRun('say Hel|lo', 'do pay', 'sleep 5');
    expect(await begin(run)).toMatchObject({ status: 'active', function: 'script', steps: [] });
    expect(await ended(run)).toMatchObject({
      status: 'completed',
      output: ['Hel|lo', 'do pay'],
      usage: { steps: 3 },
    });
    expect(performedOf(run)).toEqual(['0 1', '1 1']);
    const log = await durableLog(run);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1));
    expect(log.at(-1)?.type).toBe('run.completed');
  });

  it('that is evicted while it sleeps goes on from its journal: what was done is not done again', async () => {
    const sleepMs = 60_000;
    const run = newRun('say a', 'do b', `sleep ${sleepMs}`, 'do c');
    await begin(run);
    await waitFor(async () => (await durableLog(run)).some(({ data }) => data['kind'] === 'sleep'));
    await evictDurableObject(run.stub());
    // Nobody asks: the alarm alone brings it back, and it sleeps on to the end that was written down.
    expect(await runDurableObjectAlarm(run.stub())).toBe(true);
    expect(performedOf(run)).toEqual(['0 1', '1 1']);
    vi.setSystemTime(Date.now() + sleepMs);
    expect(await runDurableObjectAlarm(run.stub())).toBe(true);
    expect(await ended(run)).toMatchObject({ status: 'completed', output: ['a', 'do b', 'do c'] });
    expect(performedOf(run)).toEqual(['0 1', '1 1', '3 1']);
    expect((await durableLog(run)).filter(({ type }) => type === 'event')).toHaveLength(4);
  });

  it('that dies in the middle of a step goes on by its alarm alone', async () => {
    const run = newRun('say a', 'hold b', 'do c');
    await begin(run);
    await isHeld(run, 1);
    await kill(run);
    desk.holds.delete(`${run.id}/1`);
    expect(await runDurableObjectAlarm(run.stub())).toBe(true);
    await isHeld(run, 1);
    release(run, 1);
    expect(await ended(run)).toMatchObject({ status: 'completed', output: ['a', 'hold b', 'do c'] });
    expect(performedOf(run)).toEqual(['0 1', '1 1', '1 2', '2 1']);
  });

  it('keeps its class when it is evicted and when it dies; one without counts as default', async () => {
    const classes = async (more: object): Promise<readonly string[]> => {
      const run = newRun('say a', 'hold b', 'say c', 'sleep 1500', 'say d');
      expect(JSON.parse(await run.stub().start(JSON.stringify({ ...run.start, ...more })))).toMatchObject({
        ok: true,
      });
      await isHeld(run, 1);
      await kill(run);
      desk.holds.delete(`${run.id}/1`);
      expect(await runDurableObjectAlarm(run.stub())).toBe(true);
      await isHeld(run, 1);
      release(run, 1);
      await waitFor(async () => (await durableLog(run)).some(({ data }) => data['kind'] === 'sleep'));
      await evictDurableObject(run.stub());
      expect(await ended(run)).toMatchObject({ status: 'completed' });
      return desk.classes
        .filter((each) => each.startsWith(`${run.id}/`))
        .map((each) => each.slice(run.id.length + 1));
    };
    expect(await classes({ criticality: 'sheddable' })).toEqual([
      '0 sheddable',
      '2 sheddable',
      '4 sheddable',
    ]);
    expect(await classes({})).toEqual(['0 default', '2 default', '4 default']);
  });

  it('that dies in the middle goes on with the next call', async () => {
    const run = newRun('do a', 'hold b');
    await begin(run);
    await isHeld(run, 1);
    await kill(run);
    desk.holds.delete(`${run.id}/1`);
    const end = ended(run);
    await isHeld(run, 1);
    release(run, 1);
    expect(await end).toMatchObject({ status: 'completed', output: ['do a', 'hold b'] });
    expect(performedOf(run)).toEqual(['0 1', '1 1', '1 2']);
  });

  it('started a hundred times at once is one run, and another input under its id is refused', async () => {
    const run = newRun('do once');
    const views = await Promise.all(Array.from({ length: 100 }, () => begin(run)));
    expect(new Set(views.map(({ id }) => id)).size).toBe(1);
    await ended(run);
    expect(performedOf(run)).toEqual(['0 1']);
    expect((await durableLog(run)).filter(({ type }) => type === 'run.started')).toHaveLength(1);
    const other = await run.stub().start(JSON.stringify({ ...run.start, input: { lines: [] } }));
    expect(JSON.parse(other)).toEqual({ ok: false, error: { kind: 'idempotency-mismatch' } });
  });

  it('ends by a cancellation from any connection, and whoever follows or waits hears it', async () => {
    const run = newRun('hold a', 'do b');
    await begin(run);
    await isHeld(run, 0);
    const waiting = ended(run);
    const following = follow(run, 0).then((response) => response.text());
    expect(JSON.parse(await run.stub().cancel('demo'))).toMatchObject({
      ok: true,
      value: { status: 'cancelled' },
    });
    expect(await waiting).toMatchObject({ status: 'cancelled' });
    expect(await following).toMatch(/event: run\.cancelled\ndata: \{"seq":\d+\}\n\ndata: \[DONE\]\n\n$/);
    expect(performedOf(run)).toEqual(['0 1']);
  });

  it('is cancelled for good, also when its object dies right after', async () => {
    const run = newRun('hold a');
    await begin(run);
    await isHeld(run, 0);
    await run.stub().cancel('demo');
    await kill(run);
    expect(await ended(run)).toMatchObject({ status: 'cancelled' });
  });

  it('keeps what fills a row to its end, and says what would not fit', async () => {
    const wide = newRun('value 600000', 'draft 500000', 'give 599990');
    await begin(wide);
    expect((await ended(wide)).status).toBe('completed');
    const wider = newRun('value 700000');
    await begin(wider);
    expect(await ended(wider)).toMatchObject({ status: 'failed', error: { code: 'value_too_large' } });
    const loud = newRun(`throw ${'\u{5b57}'.repeat(100)}`);
    await begin(loud);
    expect((await ended(loud)).error).toMatchObject({ code: 'no_way', message: '\u{5b57}'.repeat(2_000) });
  });

  it('is erased when it has been kept long enough', async () => {
    const run = newRun('do a');
    await begin(run);
    await ended(run);
    const alarmMs = await runInDurableObject(run.stub(), (_object, state) => state.storage.getAlarm());
    vi.setSystemTime((alarmMs ?? 0) + 1);
    expect(await runDurableObjectAlarm(run.stub())).toBe(true);
    expect(JSON.parse(await run.stub().view('demo'))).toEqual({ ok: false, error: { kind: 'unknown-run' } });
    const left = await runInDurableObject(run.stub(), (_object, state) => ({
      tables: state.storage.sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('run', 'steps', 'log')")
        .toArray(),
    }));
    expect(left.tables).toEqual([]);
  });

  it('of another tenant is no run, whatever is asked of it', async () => {
    const run = newRun('hold a');
    await begin(run);
    await isHeld(run, 0);
    const unknown = { ok: false, error: { kind: 'unknown-run' } };
    const stub = run.stub();
    for (const answer of [
      await stub.view('acme'),
      await stub.wait('acme'),
      await stub.cancel('acme'),
      await stub.journal('acme'),
      await stub.page('acme', 0),
      await stub.next('acme', 0),
    ]) {
      expect(JSON.parse(answer)).toEqual(unknown);
    }
    const stream = await follow(run, 0, { [TENANT_HEADER]: 'acme' });
    expect(stream.status).toBe(500);
    expect(await stream.json()).toEqual({ kind: 'unknown-run' });
    expect(JSON.parse(await stub.view('demo'))).toMatchObject({ value: { status: 'active' } });
    await stub.cancel('demo');
  });
});

describe('a follower', () => {
  it('sees only what is on disk by then', async () => {
    const run = newRun('say a|b|c', 'hold d', 'say e');
    await begin(run);
    const response = await follow(run, 0);
    const reader = (response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let seen = '';
    let isReleased = false;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      seen += part.value;
      const whole = (await durableLog(run)).map(renderLogEntry).join('');
      expect(`${whole}data: [DONE]\n\n`.startsWith(seen)).toBe(true);
      if (desk.holds.get(`${run.id}/1`) === 'asked' && !isReleased) {
        isReleased = true;
        release(run, 1);
      }
      if (!isReleased && seen.includes('"name":"hold d"')) {
        await isHeld(run, 1);
        isReleased = true;
        release(run, 1);
      }
    }
    expect(seen).toContain('event: run.completed');
  });

  it('that comes back behind any event hears the same bytes as one who was there all the time', async () => {
    const run = newRun('say one |two |\u{1F525}three', 'do "quoted"\n data: [DONE]', 'say four');
    await begin(run);
    await ended(run);
    const whole = await (await follow(run, 0)).text();
    const log = await durableLog(run);
    expect(whole).toBe(`${log.map(renderLogEntry).join('')}data: [DONE]\n\n`);
    for (let after = 0; after <= log.length; after += 1) {
      const rest = log.slice(after).map(renderLogEntry).join('');
      expect(await (await follow(run, after)).text()).toBe(`${rest}data: [DONE]\n\n`);
      expect(JSON.parse(await run.stub().page('demo', after))).toEqual({ ok: true, value: log.slice(after) });
    }
  });

  it('hears the run go on after its object died, from where it was', async () => {
    const run = newRun('say a', 'hold b', 'say c');
    await begin(run);
    await isHeld(run, 1);
    const before = await durableLog(run);
    await kill(run);
    desk.holds.delete(`${run.id}/1`);
    const rest = follow(run, before.length).then((response) => response.text());
    await isHeld(run, 1);
    release(run, 1);
    const text = await rest;
    const log = await durableLog(run);
    expect(text).toBe(`${log.slice(before.length).map(renderLogEntry).join('')}data: [DONE]\n\n`);
    expect(log.slice(0, before.length)).toEqual(before);
  });

  it('is refused a place that has not come yet', async () => {
    const run = newRun('do a');
    await begin(run);
    const { last_event: tailSeq } = await ended(run);
    const future = { kind: 'future-seq', tailSeq };
    expect(JSON.parse(await run.stub().page('demo', tailSeq + 1))).toEqual({ ok: false, error: future });
    expect(await (await follow(run, tailSeq + 1)).json()).toEqual(future);
  });

  it('that speaks OpenAI hears the words as a chat completion', async () => {
    const run = newRun('say one |two');
    await begin(run);
    const head = JSON.stringify({ id: run.id, model: 'function:script', created: 1 });
    const text = await (await follow(run, 0, { [CHAT_FORM_HEADER]: head })).text();
    expect(text).toContain('"delta":{"content":"one |two"}');
    expect(text).toMatch(/"finish_reason":"stop"\}\]\}\n\ndata: \[DONE\]\n\n$/);
  });
});

describe('the list of runs', () => {
  const { RUN_LIST } = env as unknown as { RUN_LIST: DurableObjectNamespace<RunListObject> };
  const listed = (id: number, change: object = {}) => ({
    id: `run_${id}`,
    function: 'script',
    version: 1,
    status: 'active' as const,
    created_ms: id,
    ended_ms: null,
    parent: null,
    usage: { steps: 1, tokens: 2, cost_micros: 3 },
    cold_ms: 0,
    ...change,
  });

  it('holds the newest runs of a tenant, newest first, and no others', async () => {
    const list = RUN_LIST.getByName('demo');
    for (let id = 1; id <= 510; id += 1) await list.put(listed(id));
    const ids = (await list.list(600)).map(({ id }) => id);
    expect(ids).toHaveLength(500);
    expect([ids[0], ids.at(-1)]).toEqual(['run_510', 'run_11']);
    expect(await RUN_LIST.getByName('acme').list(10)).toEqual([]);
  });

  it('does not let a late report of its life overtake the end of a run', async () => {
    const list = RUN_LIST.getByName('late');
    await list.put(listed(1, { status: 'completed', ended_ms: 9 }));
    await list.put(listed(1));
    expect(await list.list(10)).toEqual([listed(1, { status: 'completed', ended_ms: 9 })]);
  });
});
