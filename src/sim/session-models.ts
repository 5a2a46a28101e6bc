// What stands behind the turns of a simulated session: models that speak in pieces, fail, hang or fall over in mid-answer, and durable
// functions whose runs go on whatever becomes of the session. Owns the count of runs: none twice, none left over.
import { drawInteger } from '../core/base/rng.ts';
import type { Rng } from '../core/base/rng.ts';
import { err, ok } from '../core/base/result.ts';
import type { Failure } from '../core/api/failure.ts';
import type { Result } from '../core/base/result.ts';
import type { RunTurn, StopAsk, TurnAsk, TurnReply } from '../hosts/session-ports.ts';
import type { SimClock } from './clock.ts';

export interface ModelFaults {
  readonly fails: number;
  readonly hangs: number;
  /** Chance that the answer is taken over by another replica and goes on from a boundary. */
  readonly segments: number;
  readonly piecesMax: number;
  readonly pieceMsMax: number;
}

interface SimRun {
  readonly id: string;
  readonly pieces: readonly string[];
  readonly doneMs: number;
  cancelled: boolean;
}

const served = { version: 'm@1', warmth: 'hot', waitMs: 1 } as const;

export class SessionModels {
  readonly runs = new Map<string, SimRun>();
  readonly violations: string[] = [];
  readonly #clock: SimClock;
  readonly #rng: Rng;
  readonly #faults: ModelFaults;
  #calls = 0;

  constructor(clock: SimClock, rng: Rng, faults: ModelFaults) {
    this.#clock = clock;
    this.#rng = rng;
    this.#faults = faults;
  }

  /** A run that nobody waits for any more, and that is neither done nor cancelled. */
  orphans(): readonly string[] {
    return [...this.runs.values()]
      .filter((run) => !run.cancelled && run.doneMs > this.#clock.nowMs)
      .map(({ id }) => id);
  }

  cancelRun({ turn, attempt }: StopAsk): Promise<void> {
    const isHeard = this.#rng() > this.#faults.fails;
    return this.#later(drawInteger(this.#rng, 0, 50)).then(() => {
      if (!isHeard) throw new Error('the command was lost');
      const run = this.runs.get(`${turn} ${attempt}`);
      if (run !== undefined) run.cancelled = true;
    });
  }

  readonly runTurn: RunTurn = (ask, onText) =>
    ask.route.kind === 'function' ? this.#runFunction(ask, onText) : this.#runModel(ask, onText);

  async #runModel(
    ask: TurnAsk,
    onText: (text: string) => Promise<void>,
  ): Promise<Result<TurnReply, Failure>> {
    const { fails, hangs, segments, pieceMsMax } = this.#faults;
    const pieces = this.#drawPieces();
    const fate = this.#rng();
    let text = '';
    ask.onServed(served);
    for (const piece of pieces) {
      await this.#later(drawInteger(this.#rng, 0, pieceMsMax));
      if (this.#rng() < segments) {
        const chars = drawInteger(this.#rng, 0, text.length);
        text = text.slice(0, chars).replace(/[\ud800-\udbff]$/, '');
        ask.onSegment('failover', text.length);
      }
      text += piece;
      await onText(piece);
    }
    if (fate < hangs) await aborted(ask.signal);
    if (ask.signal.aborted || fate < hangs + fails) return err({ kind: 'stream-cut' });
    return ok({ text, usage: { promptTokens: 1, completionTokens: pieces.length }, served });
  }

  async #runFunction(
    ask: TurnAsk,
    onText: (text: string) => Promise<void>,
  ): Promise<Result<TurnReply, Failure>> {
    const { pieceMsMax } = this.#faults;
    const name = `${ask.turn} ${ask.attempt}`;
    let run = this.runs.get(name);
    if (run === undefined) {
      if (ask.resume?.run !== undefined && ask.resume.run !== null)
        this.violations.push(`a run of ${name} is gone`);
      const pieces = this.#drawPieces();
      const hangs = this.#rng() < this.#faults.hangs;
      const doneMs = hangs ? Infinity : this.#clock.nowMs + pieces.length * pieceMsMax;
      run = { id: `run ${name}`, pieces, doneMs, cancelled: false };
      this.runs.set(name, run);
    }
    ask.onRun(run.id);
    let passed = ask.resume?.chars ?? 0;
    for (const piece of run.pieces) {
      await this.#later(drawInteger(this.#rng, 0, pieceMsMax));
      const rest = piece.slice(Math.min(passed, piece.length));
      passed -= Math.min(passed, piece.length);
      if (rest !== '') await onText(rest);
    }
    if (run.doneMs === Infinity) await aborted(ask.signal);
    else await this.#later(run.doneMs - this.#clock.nowMs);
    if (ask.signal.aborted) return err({ kind: 'stream-cut' });
    if (run.cancelled) return err({ kind: 'stream-cut' });
    return ok({ text: run.pieces.join(''), usage: null, served });
  }

  #drawPieces(): readonly string[] {
    this.#calls += 1;
    const count = drawInteger(this.#rng, 1, this.#faults.piecesMax);
    return Array.from({ length: count }, (_, at) => `${this.#calls}.${at}\u{1F525} `);
  }

  #later(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(delayMs, resolve));
  }
}

/** For ever, unless the session gives the turn up. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
