// In which phase this isolate's calls to one pool are, awaiting their first token or streaming, as the pool's limit wants to know it. Owns
// that every call that began ends once, also one whose request was torn down. Plain data; time is an argument.
import { beatEveryMs } from '../core/pool/heard-word.ts';
import { PhaseMeter, type PhaseReport } from '../core/resilience/phase-meter.ts';

/**
 * An isolate that is this late with its own timers sees every token late: what it measures says nothing of the servers. A few of what first
 * tokens take.
 */
const lagMsMax = 15;
/** After this long without a call what was measured is of before, and no part of what comes. */
const pauseMs = 2 * beatEveryMs;

export class CallFlow {
  readonly #meter = new PhaseMeter(0);
  /** Whether each shows, or has shown, its first token, by lease. */
  readonly #calls = new Map<string, boolean>();
  #takenMs = 0;
  #lagMs = 0;

  /** When it was taken last. */
  get takenMs(): number {
    return this.#takenMs;
  }

  /** How late a timer of this isolate was. */
  noteLag(ms: number): void {
    this.#lagMs = Math.max(this.#lagMs, ms);
  }

  /** `streams`: its first token will be seen. */
  begin(leaseId: string, streams: boolean, nowMs: number): void {
    if (this.#calls.size === 0 && nowMs - this.#takenMs >= pauseMs) this.#take(nowMs);
    this.#calls.set(leaseId, !streams);
    this.#meter.begin(nowMs, streams);
  }

  firstToken(leaseId: string, tookMs: number, nowMs: number): void {
    if (this.#calls.get(leaseId) !== false) return;
    this.#calls.set(leaseId, true);
    this.#meter.firstToken(nowMs, tookMs);
  }

  /** Changes nothing for a call that never began. */
  end(leaseId: string, tokens: { readonly gaps: number; readonly gapsMs: number }, nowMs: number): void {
    const streamed = this.#calls.get(leaseId);
    if (streamed === undefined) return;
    this.#calls.delete(leaseId);
    this.#meter.tokens(tokens.gaps, tokens.gapsMs);
    this.#meter.end(nowMs, streamed);
  }

  /** What happened since it was taken last; null when nothing was under way, or this isolate was late itself. Calls of leases that are not `held` any more were torn down. */
  take(held: (leaseId: string) => boolean, nowMs: number): PhaseReport | null {
    const tornDown = [...this.#calls.keys()].filter((leaseId) => !held(leaseId));
    for (const leaseId of tornDown) this.end(leaseId, { gaps: 0, gapsMs: 0 }, nowMs);
    const lagMs = this.#lagMs;
    this.#lagMs = 0;
    const report = this.#take(nowMs);
    return report.inFlightMs > 0 && lagMs <= lagMsMax ? report : null;
  }

  #take(nowMs: number): PhaseReport {
    this.#takenMs = nowMs;
    return this.#meter.take(nowMs);
  }
}
