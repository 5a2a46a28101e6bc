// Followers of a session's stream at their worst: readers that stall, windows that fill, models that fail to summarize. Time is virtual.
import { describe, expect, it } from 'vitest';
import type { CloseFrame, FollowerCursor } from '../../../src/core/session/follower-frame.ts';
import { STALLED_MS, WINDOW_EVENTS_MAX } from '../../../src/core/session/follower-frame.ts';
import type { LogEvent } from '../../../src/core/session/log-event.ts';
import { SimClock } from '../../../src/sim/clock.ts';
import { exportSession } from '../../../src/hosts/session-export.ts';
import { followEvents } from '../../../src/hosts/session-follower.ts';
import { RecentEvents } from '../../../src/hosts/session-recent.ts';
import { newCursor, SessionSockets } from '../../../src/hosts/session-sockets.ts';
import type { FollowerSocket } from '../../../src/hosts/session-sockets.ts';
import { SessionWorld, settle } from './session-world.ts';

function textEvent(seq: number, text = 'x'): LogEvent {
  return { seq, atMs: 0, fact: { kind: 'text', turn: 't', attempt: 1, text } };
}

/** A stream that grows under its followers, with a clock that the test moves. */
class Stream {
  readonly clock = new SimClock(0);
  readonly recent = new RecentEvents(this.setTimer);
  events: LogEvent[] = [];
  gone = false;
  reads = 0;
  followers = 0;

  get setTimer() {
    return (delayMs: number, run: () => void): (() => void) => {
      let live = true;
      this.clock.after(delayMs, () => live && run());
      return () => void (live = false);
    };
  }

  tell(count: number): void {
    const fresh = Array.from({ length: count }, (_, at) => textEvent(this.events.length + 1 + at));
    this.events.push(...fresh);
    this.recent.push(fresh);
    this.recent.notify();
  }

  after(seq: number): readonly LogEvent[] | null {
    if (this.gone) return null;
    const recent = this.recent.after(seq);
    if (recent !== null) return recent;
    this.reads += 1;
    return this.events.slice(seq, seq + 256);
  }

  follow(write: (text: string) => Promise<void>): { ended: string | null; done: Promise<void> } {
    const state: { ended: string | null; done: Promise<void> } = { ended: null, done: Promise.resolve() };
    this.followers += 1;
    const sink = {
      write,
      close: async () => void (state.ended = 'closed'),
      abort: () => void (state.ended = 'aborted'),
    };
    const source = {
      eventsAfter: (seq: number) => this.after(seq),
      frame: (event: LogEvent) => this.recent.frame(event),
      changed: (delayMs: number) => this.recent.changed(delayMs),
      leave: () => void (this.followers -= 1),
      setTimer: this.setTimer,
    };
    state.done = followEvents(source, 0, sink, 5_000);
    return state;
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs + ms;
    this.clock.after(ms, () => {});
    while (this.clock.nowMs < untilMs && this.clock.step()) await settle();
  }
}

describe('a reader that takes nothing', () => {
  it('is dropped after 30 s, costs one page until then, and holds nobody up', async () => {
    const stream = new Stream();
    const stalled = Array.from({ length: 50 }, () => stream.follow(() => new Promise(() => {})));
    let seen = '';
    const reader = stream.follow(async (text) => void (seen += text));
    for (let told = 0; told < 20; told += 1) {
      stream.tell(10);
      await settle();
    }
    expect(seen.match(/^id: /gm)).toHaveLength(200);
    expect(reader.ended).toBeNull();
    await stream.pass(STALLED_MS - 1);
    expect(stalled.every(({ ended }) => ended === null)).toBe(true);
    await stream.pass(2);
    expect(stalled.every(({ ended }) => ended === 'aborted')).toBe(true);
    expect(stream.followers).toBe(1);
    stream.gone = true;
    stream.recent.notify();
    await settle();
    expect(reader.ended).toBe('closed');
    expect(seen).toMatch(/event: session\.deleted\n/);
  });

  it('of an export is dropped as well', async () => {
    const stream = new Stream();
    let ended = '';
    const sink = {
      write: () => new Promise<void>(() => {}),
      close: async () => {},
      abort: () => void (ended = 'aborted'),
    };
    const source = {
      state: () => null,
      messages: () => null,
      eventsAfter: () => null,
      setTimer: stream.setTimer,
    };
    const done = exportSession(source, sink, 'lines');
    await stream.pass(STALLED_MS);
    await done;
    expect(ended).toBe('aborted');
  });
});

describe('followers that are up to date', () => {
  it('share what is in memory: no row is read for them', async () => {
    const stream = new Stream();
    stream.tell(1);
    for (let at = 0; at < 50; at += 1) stream.follow(async () => {});
    await settle();
    const before = stream.reads;
    for (let told = 0; told < 30; told += 1) {
      stream.tell(3);
      await settle();
    }
    expect(stream.reads).toBe(before);
  });

  it('hear a comment now and then where nothing happens', async () => {
    const stream = new Stream();
    let seen = '';
    stream.follow(async (text) => void (seen += text));
    await settle();
    await stream.pass(11_000);
    expect(seen).toBe(': open\n\n: keep-alive\n\n: keep-alive\n\n');
  });
});

describe('what is held in memory', () => {
  it('is bounded in events and in text; whoever is further behind reads rows', () => {
    const recent = new RecentEvents(() => () => {});
    recent.push(Array.from({ length: 1_000 }, (_, at) => textEvent(at + 1)));
    expect(recent.after(743)).toBeNull();
    expect(recent.after(744)).toHaveLength(256);
    recent.push([textEvent(1_001, 'y'.repeat(400_000)), textEvent(1_002, 'y'.repeat(400_000))]);
    expect(recent.after(1_000)).toBeNull();
    expect(recent.after(1_001)).toHaveLength(1);
    expect(recent.after(1_002)).toEqual([]);
  });
});

class Socket implements FollowerSocket {
  seen: number[] = [];
  closed: CloseFrame | null = null;
  #cursor: FollowerCursor = newCursor(0);

  cursor(): FollowerCursor {
    return this.#cursor;
  }

  keep(cursor: FollowerCursor): void {
    this.#cursor = cursor;
  }

  send(text: string): void {
    this.seen.push((JSON.parse(text) as { seq: number }).seq);
  }

  close(frame: CloseFrame): void {
    this.closed = frame;
  }
}

describe('a socket that acknowledges nothing', () => {
  it('is sent one window, then closed after 30 s, unless it acknowledges in time', async () => {
    const stream = new Stream();
    const [silent, late] = [new Socket(), new Socket()];
    const open = (): Socket[] => [silent, late].filter(({ closed }) => closed === null);
    const sockets = new SessionSockets({
      eventsAfter: (seq) => stream.after(seq),
      sockets: open,
      now: () => stream.clock.nowMs,
      setTimer: stream.setTimer,
    });
    stream.tell(600);
    sockets.pump();
    expect([silent.seen.length, late.seen.length]).toEqual([WINDOW_EVENTS_MAX, WINDOW_EVENTS_MAX]);
    await stream.pass(STALLED_MS - 1);
    sockets.receive(late, `{"type":"ack","seq":${WINDOW_EVENTS_MAX}}`);
    expect(late.seen).toHaveLength(600);
    await stream.pass(2);
    expect([silent.closed?.code, late.closed]).toEqual([4008, null]);
    expect(late.seen).toEqual(Array.from({ length: 600 }, (_, at) => at + 1));
  });
});

describe('a summary', () => {
  async function talk(world: SessionWorld, turns: number): Promise<void> {
    for (let turn = 1; turn <= turns; turn += 1) {
      world.post(`k${turn}`, `${'question '.repeat(20)}${turn}`);
      await settle();
      const call = world.calls.find(({ ask }) => ask.turn === `turn${turn}`);
      call?.end(`${'answer '.repeat(20)}${turn}`);
      await settle();
    }
  }

  it('that the model fails to write is an extract, and no turn notices', async () => {
    const world = new SessionWorld({ summaries: 'model' });
    world.route = { ...world.route, contextTokensMax: 250 };
    await talk(world, 3);
    const call = world.calls.find(({ ask }) => ask.turn.startsWith('summary-'));
    expect(call?.ask.messages[0]?.content).toContain('user: question');
    call?.end(null);
    await settle();
    expect(world.store.load()?.summary).toMatchObject({ by: 'extract' });
    expect(world.refusals).toEqual([]);
    await talk(world, 4);
    expect(world.calls.at(-1)?.ask.messages[0]?.content).toContain('Summary of the conversation');
  });

  it('that comes after its log was cut is void', async () => {
    const world = new SessionWorld({ summaries: 'model' });
    world.route = { ...world.route, contextTokensMax: 250 };
    await talk(world, 3);
    expect(world.host.command({ kind: 'truncate', tenant: 'demo', afterSeq: 2 }).ok).toBe(true);
    world.calls.find(({ ask }) => ask.turn.startsWith('summary-'))?.end('what was cut');
    await settle();
    expect(world.store.load()?.summary).toBeNull();
  });
});
