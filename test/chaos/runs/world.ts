// What the clients of one epoch share: where the stack is, what was acknowledged, what was seen. One epoch lives in one state directory.
import type { Rng } from '../../../src/core/base/rng.ts';
import { makeRng } from '../../../src/core/base/rng.ts';
import type { CutCount, CutFollower } from './cut-follower.ts';
import type { EffectServer } from './effect-server.ts';
import { codeOf, type Place, type Reply } from './place.ts';

/** A run whose id a client was told: from then on it must end, and be there. */
export interface AcceptedRun {
  readonly id: string;
  readonly function: string;
  readonly key: string;
  readonly steps: number;
  readonly model: boolean;
  /** The digit whose words its models say, for a function that is told it. */
  readonly tone: string | null;
  readonly follower: CutFollower | null;
  /** Ended by a client's command. */
  isCancelled: boolean;
}

export class World {
  readonly place: Place;
  readonly agent: { readonly url: string; readonly token: string };
  readonly effects: EffectServer;
  readonly draw: Rng;
  readonly runs = new Map<string, AcceptedRun>();
  /** `run/step` -> when somebody first saw that the step is done. */
  readonly stepsSeenDone = new Map<string, number>();
  /** Times at which the Worker was killed. */
  readonly workerKillsMs: number[] = [];
  /** Requests and runs under way at this moment. */
  readonly underWay = new Set<string>();
  readonly refusals = new Map<string, number>();
  readonly cuts: CutCount = { made: 0, isOn: true };
  isStopped = false;
  /** Grows with every answer of a model that a client was given: whoever kills may wait for it. */
  news = 0;
  /** Whoever kills waits while it is on: a kill ends forgotten work as well as an order would, and so hides that there was no order. */
  isTruce = false;

  constructor(parts: { place: Place; agent: World['agent']; effects: EffectServer; seed: number }) {
    this.place = parts.place;
    this.agent = parts.agent;
    this.effects = parts.effects;
    this.draw = makeRng(parts.seed);
  }

  /** A generator of its own for each client: who draws when depends on timing. */
  fork(): Rng {
    return makeRng(Math.floor(this.draw() * 2 ** 32));
  }

  countRefusal(reply: Reply | null): void {
    const code = codeOf(reply);
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  noteStepDone(run: string, step: number): void {
    const name = `${run}/${step}`;
    if (!this.stepsSeenDone.has(name)) this.stepsSeenDone.set(name, Date.now());
  }
}
