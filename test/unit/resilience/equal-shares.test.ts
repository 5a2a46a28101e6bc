// Who is served next and who is turned away: first come within a tenant, equal shares between them, the longest queue pays.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Waiter } from '../../../src/core/pool/pool-state.ts';
import { nextServed } from '../../../src/core/resilience/fair-queue.ts';
import { decideAdmission } from '../../../src/core/resilience/shed.ts';
import { makeWaiter } from '../pool/pool-fixtures.ts';

const nextWaiter = (
  waiting: readonly Waiter[],
  held: (tenant: string) => number,
  lastTurn: (tenant: string) => number,
): Waiter | null =>
  nextServed(waiting, { held, lastTurn, slots: 8, slowHeld: 0, quickSeen: false, quickRow: 0 });

/** Whom a full line lets go for one more of `tenant`; null = the newcomer itself. */
const dropForNewcomer = (waiting: readonly Waiter[], tenant: string): Waiter | null => {
  const scene = { nowMs: 0, queueMax: waiting.length, drainPerSecond: null, waitTargetMs: null };
  const admission = decideAdmission(waiting, makeWaiter('new', { tenant }), {
    ...scene,
    needMs: null,
  });
  return admission.kind === 'displace' ? admission.victim : null;
};

const line = (tenants: string) =>
  tenants.split('').map((tenant, index) => makeWaiter(`${tenant}${index}`, { tenant }));
const none = (): number => 0;

describe('the next to be served', () => {
  test.each<[string, string, [Record<string, number>, Record<string, number>], string | null]>([
    ['nobody, when nobody waits', '', [{}, {}], null],
    ['the first, when all hold the same', 'ab', [{}, {}], 'a0'],
    ['the first of the tenant with fewest slots', 'aabb', [{ a: 1 }, {}], 'b2'],
    ['of equal tenants the one whose turn is longest ago', 'aab', [{}, { a: 7, b: 6 }], 'b2'],
    ['one who never had a turn before one who had', 'ab', [{}, { a: 1 }], 'b1'],
    ['by slots before turns', 'ab', [{ b: 1 }, { a: 9, b: 2 }], 'a0'],
  ])('is %s', (_, tenants, [held, turns], expected) => {
    const next = nextWaiter(
      line(tenants),
      (tenant) => held[tenant] ?? 0,
      (tenant) => turns[tenant] ?? 0,
    );
    expect(next?.id ?? null).toBe(expected);
  });

  test('is always the first of its tenant', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c')),
        fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
        (tenants, held) => {
          const waiting = line(tenants.join(''));
          const next = nextWaiter(waiting, (tenant) => held['abc'.indexOf(tenant)] ?? 0, none);
          expect(next).toBe(waiting.find((waiter) => waiter.tenant === next?.tenant) ?? null);
        },
      ),
    );
  });
});

describe('whoever makes room for a newcomer', () => {
  test.each<[string, string, string, string | null]>([
    ['is nobody, when the newcomer stands alone', '', 'a', null],
    ['is the newcomer, whose queue is the longest', 'aab', 'a', null],
    ['is the newcomer, whose queue would be as long as the longest', 'aab', 'b', null],
    ['is the newest of the longest queue', 'aaab', 'b', 'a2'],
    ['is the newest of the longest queue for a stranger', 'abb', 'c', 'b2'],
  ])('%s', (_, tenants, newcomer, dropped) => {
    expect(dropForNewcomer(line(tenants), newcomer)?.id ?? null).toBe(dropped);
  });

  test('never has a shorter queue than anybody else, counting the newcomer in its own', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd')),
        fc.constantFrom('a', 'b', 'e'),
        (tenants, newcomer) => {
          const waiting = line(tenants.join(''));
          const paying = dropForNewcomer(waiting, newcomer)?.tenant ?? newcomer;
          const length = (tenant: string): number =>
            tenants.filter((each) => each === tenant).length + (tenant === newcomer ? 1 : 0);
          for (const tenant of [...tenants, newcomer])
            expect(length(paying)).toBeGreaterThanOrEqual(length(tenant));
        },
      ),
    );
  });
});
