// What circuits bound is handed on whatever the allowance for extra attempts holds: calls that were under way when their pool was left out,
// and probes.
import { beforeEach, describe, expect, it } from 'vitest';
import { ok } from '../../../src/core/base/result.ts';
import type { DispatchPorts } from '../../../src/hosts/dispatch.ts';
import type { SlotGrant } from '../../../src/hosts/ports.ts';
import { ANSWER, AttemptBench, never, refuse, say } from './attempt-bench.ts';
import { countTimeInTurns } from './turn-time.ts';

countTimeInTurns();

let bench: AttemptBench;
beforeEach(() => {
  bench = new AttemptBench();
});

const well = say();
const budget = { take: () => false };

describe('an allowance that has nothing left', () => {
  const limits = { firstTokenMs: 40, idleMs: 150 };
  const health = { overdueMs: () => null, begin: () => {}, firstToken: () => {}, report: () => {} };
  const leftOut = (pools: readonly string[]) => ({
    ...health,
    endProbe: () => {},
    isLeftOut: ({ pool }: SlotGrant) => pools.includes(pool),
  });

  it('does not end a request that was under way when its pool was left out', async () => {
    const ports = { budget, health: leftOut(['a@1']) };
    await bench.start({ pools: { 'a@1': [never], 'b@1': [well] }, limits, ports });
    expect((await bench.chat()).text).toBe(ANSWER);
  });

  it('does not end a probe', async () => {
    await bench.start({ pools: { 'a@1': [refuse(500, 'x')], 'b@1': [well] } });
    const inner = bench.ports();
    const permits = [{ circuitId: 'target', number: 1, deadlineMs: inner.now() + 500 }];
    const acquire: DispatchPorts['acquire'] = async (slot, signal) => {
      const granted = await inner.acquire(slot, signal);
      return granted.ok && slot.pool === 'a@1' ? ok({ ...granted.value, permits }) : granted;
    };
    const outcome = await bench.dispatchWith({ ...inner, acquire, budget, health: leftOut([]) });
    expect(outcome).toMatchObject({ kind: 'stream', served: { version: 'b@1' } });
    if (outcome.kind === 'stream') await new Response(outcome.body).text();
    await bench.settled();
  });

  it('ends it where all pools are left out: two more are asked at most', async () => {
    const pools = { 'a@1': [never], 'b@1': [never], 'c@1': [never], 'd@1': [well] };
    const ports = { budget, health: leftOut(Object.keys(pools)) };
    await bench.start({ pools, limits, ports });
    expect((await bench.chat()).error).toMatchObject({ code: 'first_token_timeout' });
    expect(bench.pool('d@1').asks).toHaveLength(0);
  });
});
