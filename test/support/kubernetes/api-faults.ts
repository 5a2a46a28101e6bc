// What can go wrong between a client and the API server, call by call. Owns which fault meets which call; knows nothing of what is called.
import { setTimeout as sleep } from 'node:timers/promises';

export type ApiFault = {
  /** `GET` or `PATCH`, and a part of the path: `PATCH /scale`. */
  readonly call: string;
  /** How many calls it meets; left out: every one until it is cleared. */
  readonly times?: number;
} & (
  | { readonly how: 'refuse'; readonly code: number; readonly reason: string; readonly message?: string }
  /** Done late. */
  | { readonly how: 'late'; readonly ms: number }
  /** Neither done nor answered. */
  | { readonly how: 'never' }
  /** Done, but the connection breaks before the answer. */
  | { readonly how: 'lost-answer' }
  /** Delivered a second time, after the first, whose answer is given. */
  | { readonly how: 'twice' }
  /** Something happens just before it is done. */
  | { readonly how: 'meanwhile'; readonly act: () => void }
);

export interface ApiAnswer {
  readonly code: number;
  readonly body: object;
}

export class ApiFaults {
  #faults: { fault: ApiFault; left: number }[] = [];
  /** Calls seen, as method and path without its query. */
  readonly calls: string[] = [];

  add(fault: ApiFault): void {
    this.#faults.push({ fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.#faults = [];
  }

  /** Carries a call out as its fault says; null = the connection is to break. */
  async pass(call: string, act: () => ApiAnswer): Promise<ApiAnswer | null> {
    this.calls.push(call);
    const fault = this.#take(call);
    switch (fault?.how) {
      case undefined:
        return act();
      case 'refuse': {
        const { code, reason, message = 'told to' } = fault;
        return { code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code } };
      }
      case 'late':
        await sleep(fault.ms);
        return act();
      case 'never':
        return new Promise<never>(() => undefined);
      case 'lost-answer':
        act();
        return null;
      case 'twice': {
        const first = act();
        act();
        return first;
      }
      case 'meanwhile':
        fault.act();
        return act();
    }
  }

  #take(call: string): ApiFault | undefined {
    const found = this.#faults.find(({ fault, left }) => {
      const [method = '', part = ''] = fault.call.split(' ');
      return left > 0 && call.startsWith(method) && call.includes(part);
    });
    if (found !== undefined) found.left -= 1;
    return found?.fault;
  }
}
