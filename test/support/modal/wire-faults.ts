// What can go wrong between Modal's client and its server, call by call. Owns which fault meets which call; knows nothing of what is called.
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { HeldCalls, type NextCall } from './held-calls.ts';

/** When a call that was held back is carried out after all. */
export type Resume =
  | { readonly kind: 'later'; readonly laterMs: number }
  /** Together with the next call of the same name. */
  | ({ readonly kind: 'next-call' } & NextCall);

/** On which side of a call something happens; the call is held back where that is before it. */
export type Meanwhile = { readonly when: 'before'; readonly resume: Resume } | { readonly when: 'after' };

export type WireFault = {
  readonly rpc: string;
  /** How many calls it meets; left out: every one until it is cleared. */
  readonly times?: number;
} & (
  | { readonly how: 'fail'; readonly code: status }
  /** Done, but the answer is lost on the way. */
  | { readonly how: 'lost-answer' }
  /** Done late, whether or not anybody waits for it any more. */
  | { readonly how: 'late'; readonly ms: number }
  /** Neither done nor answered. */
  | { readonly how: 'never' }
  /** Delivered a second time, after the first. */
  | { readonly how: 'twice' }
  /** Done, with something happening before or after. */
  | ({ readonly how: 'meanwhile'; readonly act: () => void } & Meanwhile)
);

type HeldBack = Extract<WireFault, { readonly how: 'meanwhile'; readonly when: 'before' }>;

export class WireError extends Error {
  readonly code: status;
  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

export class WireFaults {
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #held = new HeldCalls();
  #faults: { fault: WireFault; left: number }[] = [];
  /** Calls seen, by name. */
  readonly calls = new Map<string, number>();

  add(fault: WireFault): void {
    this.#faults.push({ fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.#faults = [];
  }

  /** Whether such a call has come since it was last forgotten. */
  saw(rpc: string): boolean {
    return (this.calls.get(rpc) ?? 0) > 0;
  }

  forget(rpc: string): void {
    this.calls.delete(rpc);
  }

  /** Resolves once what was held back has been done. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** Carries a call out as its fault says. */
  async pass<T>(rpc: string, act: () => Promise<T>): Promise<T> {
    this.calls.set(rpc, (this.calls.get(rpc) ?? 0) + 1);
    const passed = this.#held.meet(rpc, () => this.#pass(rpc, act));
    this.#underWay.add(passed);
    void passed.catch(() => null).then(() => this.#underWay.delete(passed));
    return passed;
  }

  async #pass<T>(rpc: string, act: () => Promise<T>): Promise<T> {
    const fault = this.#take(rpc);
    switch (fault?.how) {
      case undefined:
        return act();
      case 'fail':
        throw new WireError(fault.code, `told to fail ${rpc}`);
      case 'lost-answer':
        await act();
        throw new WireError(status.UNAVAILABLE, `the answer of ${rpc} was lost`);
      case 'late':
        await sleep(fault.ms);
        return act();
      case 'never':
        return new Promise<never>(() => undefined);
      case 'meanwhile': {
        if (fault.when === 'before') return this.#holdBack(rpc, fault, act);
        const done = await act();
        fault.act();
        return done;
      }
      case 'twice': {
        const first = await act();
        await act().catch(() => null);
        return first;
      }
    }
  }

  async #holdBack<T>(rpc: string, fault: HeldBack, act: () => Promise<T>): Promise<T> {
    const { resume } = fault;
    fault.act();
    if (resume.kind === 'next-call') return this.#held.hold(rpc, resume, act);
    await sleep(resume.laterMs);
    return act();
  }

  #take(rpc: string): WireFault | undefined {
    const found = this.#faults.find(({ fault, left }) => fault.rpc === rpc && left > 0);
    if (found !== undefined) found.left -= 1;
    return found?.fault;
  }
}
