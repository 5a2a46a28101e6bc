// Who is refused before anything is begun for it: nobody who may still be served, nobody twice, and everybody once in the books.
import { describe, expect, it, vi } from 'vitest';
import { dispatch, type DispatchPorts, type DispatchRequest } from '../../../src/hosts/dispatch.ts';
import { CAREFUL_POLICY } from '../../../src/hosts/attempt-target.ts';
import type { SlotRefusal, SlotRequest } from '../../../src/hosts/ports.ts';
import { err } from '../../../src/core/base/result.ts';
import { keepSummary, LIMITS, makeRequest } from './faulty-replica.ts';

const FULL: SlotRefusal = { kind: 'queue-full', retryAfterMs: 4_200 };
const [target] = makeRequest().attempts;

async function ask(refusal: SlotRefusal | null, more: Partial<DispatchRequest> = {}) {
  const asked: SlotRequest[] = [];
  const acquire = vi.fn<DispatchPorts['acquire']>(() => Promise.resolve(err(FULL)));
  const waitUntil = vi.fn<DispatchPorts['waitUntil']>();
  const ports: DispatchPorts = {
    turnAway: (request) => {
      asked.push(request);
      return refusal;
    },
    acquire,
    release: () => expect.unreachable('no slot was leased'),
    fetch: () => expect.unreachable('no replica was called'),
    now: () => Date.now(),
    waitUntil,
  };
  const { onEnd, summaries } = keepSummary();
  const outcome = await dispatch(ports, makeRequest({ onEnd, ...more }), LIMITS);
  return { outcome, asked, acquire, waitUntil, summaries };
}

describe('a request whose only target turns its like away', () => {
  it.each([true, false])('is refused without being begun, streaming or not (%s)', async (stream) => {
    const { outcome, acquire, waitUntil } = await ask(FULL, { stream });
    expect(outcome).toEqual({ kind: 'failed', failure: FULL });
    expect(acquire).not.toHaveBeenCalled();
    expect(waitUntil).not.toHaveBeenCalled();
  });

  it('is summed up once, as one that was turned away and never had a slot', async () => {
    const { summaries } = await ask(FULL);
    expect(summaries).toMatchObject([{ failure: FULL, attempts: 0, replicaId: null, isTurnedAway: true }]);
  });

  it('is told of with all that the pool would hear', async () => {
    const priority = { criticality: 'critical', weight: 3, latency: 'quick' } as const;
    const { asked } = await ask(FULL, { priority, startedMs: 5_000, tenant: 'acme' });
    const deadlineMs = 5_000 + LIMITS.totalMs;
    expect(asked).toEqual([
      { pool: 'm@1~local', tenant: 'acme', requestId: 'req-1', deadlineMs, ...priority },
    ]);
  });
});

describe('who may still be served', () => {
  it('asks for a slot, and is no storm in the books', async () => {
    const { acquire, summaries } = await ask(null);
    expect(acquire).toHaveBeenCalledOnce();
    expect(summaries).toHaveLength(1);
    expect(summaries[0]?.isTurnedAway).toBeUndefined();
  });

  it.each<[string, Partial<DispatchRequest>]>([
    ['has another target', { attempts: [target, target].flatMap((each) => each ?? []) }],
    ['asks again where there is no slot', { policy: { ...CAREFUL_POLICY, retryOn: ['no-slot'] } }],
    ['has left already', { signal: AbortSignal.abort() }],
  ])('is not turned away when it %s', async (_why, more) => {
    const { asked, summaries } = await ask(FULL, more);
    expect(asked).toEqual([]);
    expect(summaries[0]?.isTurnedAway).toBeUndefined();
  });
});
