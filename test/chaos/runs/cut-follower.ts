// A follower whose connection is cut at random bytes, in the middle of a line or of a character too, and that goes on with Last-Event-ID. It
// keeps every byte that it ever got: what was whole must be the log, and what was cut off must be the beginning of what came next.
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rng } from '../../../src/core/base/rng.ts';
import type { Place } from './place.ts';
import { FrameSplitter, type Frame } from './sse.ts';

/** Bytes until the next cut, at most: about sixty events. */
const CUT_BYTES_MAX = 10_000;
/** Of the cuts, those that look for the middle of a character. */
const MID_CHARACTER_SHARE = 0.3;
const PAUSE_MS = 25;

export interface Tail {
  /** The last whole frame before it. */
  readonly afterId: number;
  readonly bytes: Buffer;
}

/** Shared by all followers of an epoch. */
export interface CutCount {
  made: number;
  /** Whether connections are cut at all at this moment. */
  isOn: boolean;
}

export interface FollowWish {
  readonly place: Place;
  readonly path: string;
  readonly draw: Rng;
  readonly cuts: CutCount;
  /** Whether nothing comes after this frame. */
  isLast(frame: Frame): boolean;
  onFrame?(frame: Frame): void;
}

export class CutFollower {
  readonly #wish: FollowWish;
  readonly frames: Frame[] = [];
  readonly tails: Tail[] = [];
  readonly #done = Promise.withResolvers<void>();
  #isOver = false;
  #end: () => void = () => undefined;
  #goalId = Number.POSITIVE_INFINITY;
  lastId = 0;
  cuts = 0;
  /** Connections that ended otherwise: the Worker was killed. */
  breaks = 0;
  bytes = 0;

  constructor(wish: FollowWish) {
    this.#wish = wish;
    void this.#run();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the last frame has come, or all up to the one with this id. */
  async finish(goalId: number): Promise<void> {
    this.#goalId = goalId;
    if (this.lastId >= goalId) this.#close();
    await this.#done.promise;
  }

  /** Gives the rest up. */
  stop(): void {
    this.#close();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#connect();
      await sleep(PAUSE_MS * (1 + this.#wish.draw()));
    }
  }

  #connect(): Promise<void> {
    const { place, path, draw, cuts } = this.#wish;
    const splitter = new FrameSplitter();
    const resume = this.lastId === 0 ? {} : { 'last-event-id': String(this.lastId) };
    const headers = { authorization: `Bearer ${place.key}`, accept: 'text/event-stream', ...resume };
    let leftBytes = cuts.isOn ? 1 + Math.floor(draw() * CUT_BYTES_MAX) : Number.POSITIVE_INFINITY;
    const seeks = draw() < MID_CHARACTER_SHARE;
    return new Promise((resolve) => {
      const ended = (): void => {
        const bytes = splitter.takeRest();
        if (bytes.length > 0) this.tails.push({ afterId: this.lastId, bytes });
        resolve();
      };
      const request = get(place.url + path, { headers, agent: false }, (response) => {
        if (response.statusCode !== 200) return void request.destroy();
        response.on('data', (chunk: Buffer) => {
          if (request.destroyed) return;
          const isCut = chunk.length >= leftBytes;
          const taken = isCut ? chunk.subarray(0, placeOfCut(chunk, leftBytes, seeks)) : chunk;
          leftBytes -= taken.length;
          this.#take(splitter.push(taken), taken.length);
          if (isCut && !this.#isOver) {
            this.cuts += 1;
            cuts.made += 1;
            request.destroy();
          }
        });
        response.on('end', () => (this.breaks += 1));
        response.on('error', () => undefined);
      });
      this.#end = () => request.destroy();
      request.on('error', () => undefined);
      request.once('close', ended);
    });
  }

  #take(frames: readonly Frame[], bytes: number): void {
    this.bytes += bytes;
    for (const frame of frames) {
      if (this.#isOver) return;
      this.frames.push(frame);
      if (frame.id !== null) this.lastId = frame.id;
      this.#wish.onFrame?.(frame);
      if (this.#wish.isLast(frame) || this.lastId >= this.#goalId) this.#close();
    }
  }

  #close(): void {
    this.#isOver = true;
    this.#end();
    this.#done.resolve();
  }
}

/** Where to cut a chunk: at this byte, or at the next one that is not the first of its character. */
function placeOfCut(chunk: Buffer, at: number, seeks: boolean): number {
  if (!seeks) return at;
  for (let next = at; next < chunk.length; next += 1) if (isContinuation(chunk[next] ?? 0)) return next;
  return at;
}

export function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
