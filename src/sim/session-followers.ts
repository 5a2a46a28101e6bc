// Followers of a simulated session: over a stream that is cut at any byte, and over a socket that survives the object's sleep. Each
// writes down what it got; what it got must be in the rows at that moment, in order, without a gap.
import { drawInteger } from '../core/base/rng.ts';
import { renderLogEvent, renderSseFrame } from '../core/session/log-event.ts';
import { followEvents } from '../hosts/session-follower.ts';
import { newCursor } from '../hosts/session-sockets.ts';
import type { FollowerCursor } from '../core/session/follower-frame.ts';
import type { FollowerSocket } from '../hosts/session-sockets.ts';
import type { SessionWorld } from './session-world.ts';

/** Plants a bug in a follower or in how its place is kept. */
export interface FollowerBugs {
  /** A client that goes on after what the server has sent, not after what it got. */
  readonly resumesAtSent?: boolean;
  /** A socket's place that is kept ahead of what was sent. */
  readonly keepsAhead?: boolean;
}

const reconnectMs = 50;

/** Follows until the world rests; `lastSeq` tells how far it got. */
export class StreamFollower {
  readonly #world: SessionWorld;
  readonly #bugs: FollowerBugs;
  lastSeq: number;
  #sentSeq: number;
  #connected = false;
  #rest = '';
  #life = 0;

  constructor(world: SessionWorld, afterSeq: number, bugs: FollowerBugs = {}) {
    this.#world = world;
    this.#bugs = bugs;
    this.lastSeq = afterSeq;
    this.#sentSeq = afterSeq;
    this.connect();
  }

  connect(): void {
    if (this.#connected) return;
    const after = this.#bugs.resumesAtSent === true ? this.#sentSeq : this.lastSeq;
    this.#rest = '';
    this.#life += 1;
    const life = this.#life;
    this.#world.enter((host) => {
      if (!host.join('demo', after).ok || !this.#world.isLive(host)) return;
      this.#connected = true;
      const release = this.#world.onCrash(() => this.#drop(life));
      const source = {
        eventsAfter: (seq: number) => host.eventsAfter(seq),
        frame: renderSseFrame,
        changed: (delayMs: number) => host.recent.changed(delayMs),
        leave: () => host.leave(),
        setTimer: (delayMs: number, run: () => void) => {
          const cancel = { now: false };
          this.#world.clock.after(delayMs, () => {
            if (!cancel.now && life === this.#life) run();
          });
          return () => {
            cancel.now = true;
          };
        },
      };
      const sink = {
        write: (text: string) => this.#receive(text, life),
        close: async () => {},
        abort: () => {},
      };
      void followEvents(source, after, sink, 5_000).finally(() => {
        release();
        this.#drop(life);
      });
    });
    if (!this.#connected) this.#world.clock.after(reconnectMs, () => this.connect());
  }

  /** The line breaks: what was under way is lost, and the follower comes again. */
  #drop(life: number): void {
    if (life !== this.#life || !this.#connected) return;
    this.#connected = false;
    this.#life += 1;
    this.#world.clock.after(reconnectMs, () => this.connect());
  }

  async #receive(text: string, life: number): Promise<void> {
    const { world } = { world: this.#world };
    for (const [, seq] of text.matchAll(/^id: (\d+)$/gm))
      this.#sentSeq = Math.max(this.#sentSeq, Number(seq));
    const isCut = world.faulty && world.rng() < 0.05;
    const arrives = isCut ? text.slice(0, drawInteger(world.rng, 0, text.length)) : text;
    const delayMs = drawInteger(world.rng, 0, 30);
    await new Promise<void>((resolve) => world.clock.after(delayMs, resolve));
    if (life !== this.#life) throw new Error('the line is dead');
    this.#take(arrives);
    if (isCut) {
      this.#drop(life);
      throw new Error('the line was cut');
    }
  }

  #take(bytes: string): void {
    const frames = (this.#rest + bytes).split('\n\n');
    this.#rest = frames.pop() ?? '';
    for (const frame of frames) {
      if (frame.startsWith(':')) continue;
      const seq = Number(/^id: (\d+)/.exec(frame)?.[1]);
      const row = this.#world.store.event(seq);
      if (row === null || renderSseFrame(row) !== `${frame}\n\n`)
        this.#world.violations.push(`seen, not durable: event ${seq}`);
      if (seq !== this.lastSeq + 1)
        this.#world.violations.push(`a follower got ${seq} after ${this.lastSeq}`);
      this.lastSeq = seq;
    }
  }
}

/** A socket as the platform keeps it, with the follower at its other end. */
export class SocketFollower implements FollowerSocket {
  readonly #world: SessionWorld;
  readonly #bugs: FollowerBugs;
  #cursor: FollowerCursor;
  lastSeq: number;

  constructor(world: SessionWorld, afterSeq: number, bugs: FollowerBugs = {}) {
    this.#world = world;
    this.#bugs = bugs;
    this.#cursor = newCursor(afterSeq);
    this.lastSeq = afterSeq;
    this.connect();
  }

  get connected(): boolean {
    return this.#world.sockets.includes(this);
  }

  connect(): void {
    if (this.connected) return;
    this.#cursor = newCursor(this.lastSeq);
    this.#world.enter((host, sockets) => {
      if (!host.eventPage('demo', this.lastSeq).ok) return;
      this.#world.sockets = [...this.#world.sockets, this];
      sockets.pump();
    });
  }

  cursor(): FollowerCursor {
    return this.#cursor;
  }

  keep(cursor: FollowerCursor): void {
    const ahead = this.#bugs.keepsAhead === true && this.#world.rng() < 0.3 ? 1 : 0;
    this.#cursor = { ...cursor, sent: cursor.sent + ahead };
  }

  send(text: string): void {
    const { seq } = JSON.parse(text) as { seq: number };
    const row = this.#world.store.event(seq);
    if (row === null || JSON.stringify(renderLogEvent(row)) !== text)
      this.#world.violations.push(`seen, not durable: event ${seq}`);
    if (seq !== this.lastSeq + 1) this.#world.violations.push(`a socket got ${seq} after ${this.lastSeq}`);
    this.lastSeq = seq;
    // It acknowledges now and then, as a client does.
    if (seq % 16 === 0) {
      this.#world.clock.after(1, () => {
        if (!this.connected) return;
        this.#world.enter((_host, sockets) => sockets.receive(this, `{"type":"ack","seq":${seq}}`));
      });
    }
  }

  close(): void {
    this.#world.sockets = this.#world.sockets.filter((other) => other !== this);
  }
}
