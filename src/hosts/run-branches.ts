// Branches of a run's code: several things at once, of which the rest ends when one fails or wins. Owns which steps belong to which
// branch, and the bound on how many run at once.
import { GivenUp, type RunCode } from './run-code.ts';

/** Branches at once that an author may ask for. An object holds six connections; more branches than that only make sense for effects. */
const PARALLEL_MAX = 16;
const PARALLEL = 6;

/** Branches of one gathering. A longer list is a mistake or a batch job. */
export const BRANCHES_MAX = 1_000;

export class Branch {
  readonly #code: RunCode;
  readonly #steps = new Set<number>();
  readonly #children = new Set<Branch>();
  readonly #abort = new AbortController();

  constructor(code: RunCode) {
    this.#code = code;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  fork(): Branch {
    const child = new Branch(this.#code);
    if (this.signal.aborted) child.giveUp();
    this.#children.add(child);
    return child;
  }

  own(n: number): void {
    this.#steps.add(n);
  }

  giveUp(): void {
    if (this.signal.aborted) return;
    this.#abort.abort();
    for (const child of this.#children) child.giveUp();
    this.#code.drop([...this.#steps]);
  }
}

export type BranchWork<T> = (branch: Branch) => Promise<T>;

/** All results in order. The first failure gives up the other branches and is thrown. */
export async function gatherAll<T>(
  parent: Branch,
  works: readonly BranchWork<T>[],
  parallel = PARALLEL,
): Promise<T[]> {
  checkCount(works.length);
  const results: T[] = [];
  const forks = works.map(() => parent.fork());
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < works.length; at = next++) {
      const [work, fork] = [works[at], forks[at]];
      if (work !== undefined && fork !== undefined) results[at] = await work(fork);
    }
  };
  const lanes = Math.min(works.length, PARALLEL_MAX, Math.max(1, Math.floor(parallel) || PARALLEL));
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } catch (cause) {
    next = works.length;
    for (const fork of forks) fork.giveUp();
    throw cause;
  }
  return results;
}

/** The first success; the others are given up. When none succeeds, the failure that came last is thrown. */
export async function raceAll<T>(parent: Branch, works: readonly BranchWork<T>[]): Promise<T> {
  checkCount(works.length);
  const forks = works.map(() => parent.fork());
  let last: unknown = new RangeError('a race needs at least one branch');
  const runs = works.map(async (work, at) => {
    const fork = forks[at];
    if (fork === undefined) throw new GivenUp('no branch');
    try {
      return await work(fork);
    } catch (cause) {
      last = cause;
      throw cause;
    }
  });
  try {
    return await Promise.any(runs);
  } catch {
    throw last;
  } finally {
    for (const fork of forks) fork.giveUp();
  }
}

function checkCount(count: number): void {
  if (count > BRANCHES_MAX) throw new RangeError(`${count} branches, at most ${BRANCHES_MAX} are allowed`);
}
