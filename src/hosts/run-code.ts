// The function's code while it runs in this life of the object: asks for steps in order, gets outcomes in the journal's order. Owns the
// numbering of steps and the delivery of outcomes, one at a time, each in a turn of the event loop of its own in which the code goes as far
// as it can: this is what makes a replay take the turns that the first run took, and what keeps code that never comes to an end from
// taking the commit before it along when the platform ends it. Code that has nothing more to hope for waits for ever: an error would only be
// caught by a loop that tries again, and again.
import type { Json } from '../core/run/json.ts';
import type { Emission, RunEvent, StepAsk } from '../core/run/run-events.ts';
import type { StepOutcome } from '../core/run/run-state.ts';
import type { Attempt, Attempted } from './run-ports.ts';
import type { SetTimer } from './session-ports.ts';

/** A code that awaits what is no step gets this long before its silence counts as disagreement with the journal. */
const SILENCE_MS = 2_000;

/** A failed step, as the code sees it. What it says comes from the platform, not from a model server. */
export class StepFailure extends Error {
  readonly code: string;
  readonly step: number;
  readonly label: string;

  constructor(code: string, message: string, at: { readonly step: number; readonly label: string }) {
    super(message);
    this.name = 'StepFailure';
    this.code = code;
    this.step = at.step;
    this.label = at.label;
  }
}

/** Thrown into a step that code waits for when its run ends, or its branch is given up. Whatever it asks for after that never comes. */
export class GivenUp extends Error {}

export type PerformStep = (attempt: Attempt) => Promise<Attempted>;

export type StepRequest = Omit<StepAsk, 'n' | 'seen'> & { readonly perform: PerformStep };

/** A promise that nothing holds: what waits for it is let go. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}

interface Waiting {
  readonly resolve: (value: Json) => void;
  readonly reject: (error: Error) => void;
  readonly label: string;
}

interface Delivery {
  readonly n: number;
  readonly outcome: StepOutcome;
  readonly atMs: number;
}

export interface RunCodePorts {
  /** Takes an event; those of one turn of the code are committed together. */
  tell(event: RunEvent): void;
  setTimer: SetTimer;
  /** Orders that the journal holds. */
  settled(): number;
  /** Which step of the journal has this order. */
  stepOfOrder(order: number): number | null;
}

export class RunCode {
  readonly #ports: RunCodePorts;
  readonly #performers = new Map<number, PerformStep>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #inbox = new Map<number, Delivery>();
  readonly #stops: (() => void)[] = [];
  #asked = 0;
  #emitted = 0;
  #delivered = 0;
  #isPumping = false;
  #isOver = false;
  #cancelSilence: () => void = () => undefined;
  #nowMs: number;

  constructor(ports: RunCodePorts, startedMs: number) {
    this.#ports = ports;
    this.#nowMs = startedMs;
  }

  /** The code takes its first turn, as every other, when what was committed before it is on disk. */
  begin(run: () => void): void {
    this.#ports.setTimer(0, () => {
      if (this.#isOver) return;
      run();
      this.#expectPump();
    });
  }

  /** Hears that the run has ended. */
  onStop(stopped: () => void): void {
    this.#stops.push(stopped);
  }

  get asked(): number {
    return this.#asked;
  }

  /** The time of the last outcome that the code has been given. */
  get nowMs(): number {
    return this.#nowMs;
  }

  performer(n: number): PerformStep | null {
    return this.#performers.get(n) ?? null;
  }

  /** Asks for the next step; `onNumber` hears which one it is before anything else happens. */
  ask({ perform, ...request }: StepRequest, onNumber: (n: number) => void): Promise<Json> {
    if (this.#isOver) return never();
    const n = this.#asked;
    this.#asked += 1;
    onNumber(n);
    this.#performers.set(n, perform);
    const outcome = new Promise<Json>((resolve, reject) => {
      this.#waiting.set(n, { resolve, reject, label: `${request.kind} "${request.name}"` });
    });
    this.#ports.tell({ kind: 'ask', ask: { ...request, n, seen: this.#delivered } });
    this.#expectPump();
    return outcome;
  }

  emit(emission: Emission): void {
    if (this.#isOver) return;
    this.#ports.tell({ kind: 'emit', k: this.#emitted, emission });
    this.#emitted += 1;
  }

  /** The code no longer wants these steps. */
  drop(steps: readonly number[]): void {
    const open = steps.filter((n) => this.#waiting.has(n));
    if (open.length === 0) return;
    this.#ports.tell({ kind: 'drop', steps: open });
    for (const n of open) this.#take(n)?.reject(new GivenUp('the branch was given up'));
  }

  /** The journal holds this outcome; it reaches the code after all that came before it. */
  receive(order: number, delivery: Delivery): void {
    if (this.#isOver || order <= this.#delivered) return;
    this.#inbox.set(order, delivery);
    this.#pump();
  }

  /** The run has ended: whatever the code still waits for will not come. */
  stop(): void {
    this.#isOver = true;
    this.#cancelSilence();
    for (const n of this.#waiting.keys()) this.#take(n)?.reject(new GivenUp('the run has ended'));
    this.#inbox.clear();
    this.#performers.clear();
    for (const stopped of this.#stops) stopped();
  }

  /** All that the code does in its turn happens before a timer can fire; then the next outcome may come. */
  #pump(): void {
    if (this.#isPumping || this.#isOver || !this.#inbox.has(this.#delivered + 1)) return;
    this.#isPumping = true;
    this.#ports.setTimer(0, () => {
      this.#isPumping = false;
      this.#handNext();
      this.#pump();
      this.#expectPump();
    });
  }

  #handNext(): void {
    const delivery = this.#inbox.get(this.#delivered + 1);
    if (delivery === undefined) return;
    this.#inbox.delete(this.#delivered + 1);
    this.#delivered += 1;
    this.#nowMs = Math.max(this.#nowMs, delivery.atMs);
    this.#hand(delivery);
  }

  #hand({ n, outcome }: Delivery): void {
    const waiting = this.#take(n);
    this.#performers.delete(n);
    if (waiting === null) return;
    // The code may do to its copy what it likes: the journal in memory stays what the rows say.
    if (outcome.ok) return waiting.resolve(structuredClone(outcome.value));
    const { code, message } = outcome.error;
    waiting.reject(new StepFailure(code, message, { step: n, label: waiting.label }));
  }

  #take(n: number): Waiting | null {
    const waiting = this.#waiting.get(n) ?? null;
    this.#waiting.delete(n);
    return waiting;
  }

  /** At replay the journal says whose outcome comes next; a code that never asks for that step is another code. */
  #expectPump(): void {
    this.#cancelSilence();
    if (this.#isOver || this.#isPumping || this.#delivered >= this.#ports.settled()) return;
    const cancel = this.#ports.setTimer(SILENCE_MS, () => {
      const n = this.#ports.stepOfOrder(this.#delivered + 1);
      if (this.#isOver || n === null || n < this.#asked) return;
      const message = `The journal goes on with step ${n}, for which the code does not ask: the function has changed since the run began (raise its version), or awaits something that is no step.`;
      this.#ports.tell({ kind: 'disagree', message });
    });
    this.#cancelSilence = cancel;
  }
}
