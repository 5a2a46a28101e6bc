// Replicas that have just been started, as a machine of their own would have them: their start, which costs a third of a second of a core, steps
// back behind gateway and load; when they serve they are no less than these, and have answered a few requests before any that counts.
import { renderBody } from '../load/ask.ts';
import type { RigReplica } from '../stack/replicas.ts';
import type { RigStack } from '../stack/stack.ts';
import { stepUp } from '../stack/step-back.ts';

/** A Node process that answers for the first time compiles what it runs; after so many rounds it does not any more. */
const WARM_ROUNDS = 2;
const ROUND = 6;

export interface WarmUp {
  readonly pool: string;
  readonly tokens: number;
}

/** Knows which processes it has seen; the others are made ready, straight at their own address. */
export class FreshReplicas {
  readonly #stack: RigStack;
  readonly #seen = new Set<number>();

  constructor(stack: RigStack) {
    this.#stack = stack;
  }

  async settle({ pool, tokens }: WarmUp): Promise<void> {
    const fresh = (await this.#stack.replicas.list(pool)).filter(({ pid }) => !this.#seen.has(pid));
    await Promise.all(
      fresh.map(async (replica) => {
        this.#seen.add(replica.pid);
        stepUp(replica.pid);
        for (let round = 0; round < WARM_ROUNDS; round += 1)
          await Promise.all(Array.from({ length: ROUND }, () => askStraight(replica, tokens)));
      }),
    );
  }
}

async function askStraight({ endpoint, version }: RigReplica, tokens: number): Promise<void> {
  const ask = { model: version, key: '', prompt: 'warm', stream: true, tokens, limitMs: 0 };
  const reply = await fetch(`${endpoint}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: renderBody(ask),
  });
  await reply.text();
}
