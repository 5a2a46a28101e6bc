// What the judges of one run of the command have found, by check: how many were looked at, and a line for each that is wrong.

/** Each is a promise that a kill must not break; the words say what one instance of it is. */
export const promises = {
  'kills.lost':
    'acknowledged messages and accepted runs that are not there, or not as they were acknowledged',
  'kills.doubled': 'messages, runs and ends of steps that are there twice',
  'kills.stepsTwice': 'settled steps whose effect was done again',
  'kills.halfTurns': 'turns of which a part can be seen without the rest',
  'kills.notDurable': 'frames and pieces of frames that a follower received and the log does not hold',
  'kills.answersCut': 'answers that end before their model had ended',
  'kills.oddFailures': 'turns and runs that failed for a reason that no kill explains',
  'kills.stuckRuns': 'accepted runs that reached no end',
  'kills.stuckWriters': 'writers that were never answered again',
  'kills.orphans': 'ends of work that did not reach the model',
  'streams.bytesWrong': 'followers whose bytes are not the log, byte for byte',
  'streams.resumesWrong':
    'cut connections whose last bytes are not the beginning of what the log goes on with',
  'rest.processes': 'model processes left over after the windows',
  'rest.slots': 'slots that are held by nobody',
  'rest.pools': 'pools whose life does not add up',
  'rest.notBack': 'kills after which the service did not come back by itself',
  'histories.violations': 'histories of session logs that no order of their operations explains',
  'histories.controlsMissed': 'histories that were spoilt on purpose and passed',
} as const;

export type PromiseId = keyof typeof promises;

/** Lines that are printed as they are found: a bug that breaks everything would fill the screen. */
const LINES_SHOWN_MAX = 40;

export class Findings {
  readonly #looked = new Map<PromiseId, number>();
  readonly #broken = new Map<PromiseId, number>();
  #shown = 0;

  looked(id: PromiseId, count: number): void {
    this.#looked.set(id, (this.#looked.get(id) ?? 0) + count);
  }

  broken(id: PromiseId, line: string): void {
    this.#broken.set(id, (this.#broken.get(id) ?? 0) + 1);
    this.#shown += 1;
    if (this.#shown <= LINES_SHOWN_MAX) console.log(`BROKEN ${id}: ${line}`);
  }

  lookedAt(id: PromiseId): number {
    return this.#looked.get(id) ?? 0;
  }

  brokenIn(id: PromiseId): number {
    return this.#broken.get(id) ?? 0;
  }
}
