// What an isolate does with the slots of replicas that are left out, and with the right to probe one: nothing is handed out that should
// not be, and every probe ends once.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LeaseBook } from '../../../src/core/pool/lease-book.ts';
import { noLease, type Return } from '../../../src/core/pool/lease-report.ts';
import type { Grant } from '../../../src/core/pool/pool-events.ts';
import type { ProbePermit } from '../../../src/core/resilience/breaker.ts';

const makeGrant = (leaseId: string, replicaId: string, permits?: readonly ProbePermit[]): Grant => ({
  leaseId,
  replicaId,
  endpoint: `http://${replicaId}`,
  warmth: 'hot',
  expiresMs: 1e9,
  contended: false,
  ...(permits && { permits }),
});

const permit = (number: number): ProbePermit => ({ circuitId: 'r1', number, deadlineMs: 1_000 });
const well = { ejected: [], targetOpen: false };

function idleBook(): LeaseBook {
  const book = new LeaseBook();
  book.enter(makeGrant('a', 'r1'), 0);
  book.enter(makeGrant('b', 'r2'), 0);
  for (const leaseId of ['a', 'b']) book.giveBack(leaseId, 'served', 1);
  return book;
}

describe('a replica that is left out', () => {
  test('gets its idle slots taken from it at once, the others keep theirs', () => {
    const book = idleBook();
    expect(book.heed({ ejected: ['r1'], targetOpen: false })).toMatchObject([
      { leaseId: 'a', outcome: 'served' },
    ]);
    expect(book.take(2, 't')?.leaseId).toBe('b');
    expect(book.take(2, 't')).toBeNull();
  });

  test('loses a slot in use when its request ends', () => {
    const book = idleBook();
    book.take(2, 't');
    expect(book.heed({ ejected: ['r1'], targetOpen: false })).toEqual([]);
    expect(book.giveBack('a', 'served', 3)).toMatchObject([{ leaseId: 'a', outcome: 'served' }]);
  });

  test('that is back keeps its slots again', () => {
    const book = idleBook();
    book.take(2, 't');
    book.heed({ ejected: ['r1'], targetOpen: false });
    book.heed(well);
    expect(book.giveBack('a', 'served', 3)).toEqual([]);
  });
});

test('while the pool is left out no kept slot is handed out: the pool decides who probes', () => {
  const book = idleBook();
  expect(book.heed({ ejected: [], targetOpen: true })).toHaveLength(2);
  expect(book.take(2, 't')).toBeNull();
});

describe('a slot with the right to probe', () => {
  test('goes back with how the probe ended, and is not kept', () => {
    const book = new LeaseBook();
    expect(book.enter(makeGrant('p', 'r1', [permit(1)]), 0)).toMatchObject({ permits: [permit(1)] });
    expect(book.giveBack('p', 'served', 1, 'ok')).toMatchObject([
      { leaseId: 'p', outcome: 'served', probe: { permits: [permit(1)], outcome: 'ok' } },
    ]);
    expect(book.size).toBe(0);
  });

  test('may end its probe before its request, and does so once', () => {
    const book = new LeaseBook();
    book.enter(makeGrant('p', 'r1', [permit(1)]), 0);
    expect(book.endProbe('p', 'slow')).toMatchObject({ leaseId: noLease, probe: { outcome: 'slow' } });
    expect(book.endProbe('p', 'ok')).toBeNull();
    const [back] = book.giveBack('p', 'served', 1, 'ok');
    expect(back).toMatchObject({ leaseId: 'p' });
    expect(back).not.toHaveProperty('probe');
  });

  test('tells how the probe ended when its replica failed, too', () => {
    const book = new LeaseBook();
    book.enter(makeGrant('p', 'r1', [permit(1)]), 0);
    expect(book.giveBack('p', 'replica-failed', 1, 'hard')).toMatchObject([{ probe: { outcome: 'hard' } }]);
  });

  test('that is an empty right is a slot like any other', () => {
    const book = new LeaseBook();
    expect(book.enter(makeGrant('p', 'r1', []), 0)).not.toHaveProperty('permits');
    expect(book.giveBack('p', 'served', 1, 'ok')).toEqual([]);
  });
});

describe('a tenant that is confined to few replicas', () => {
  test('gets no kept slot, the others do', () => {
    const book = idleBook();
    book.hearWord({ confined: ['bad'] });
    expect(book.take(2, 'bad')).toBeNull();
    expect(book.take(2, 'good')?.leaseId).toBe('a');
    book.hearWord({ contended: false });
    expect(book.take(2, 'bad')).toBeNull();
    book.hearWord({ confined: [] });
    expect(book.take(2, 'bad')?.leaseId).toBe('b');
  });
});

test('whose request it was that ended is told, where it is not the one that the slot was granted to', () => {
  const book = idleBook();
  book.take(2, 'other');
  expect(book.giveBack('a', 'replica-failed', 3)).toMatchObject([{ leaseId: 'a', tenant: 'other' }]);
  book.enter(makeGrant('c', 'r3'), 4);
  expect(book.giveBack('c', 'replica-failed', 5)[0]).not.toHaveProperty('tenant');
});

test('whatever is heard and done, nothing of who is left out is handed out, and each probe ends exactly once', () => {
  const replica = fc.constantFrom('r1', 'r2', 'r3');
  const move = fc.oneof(
    fc.record({ kind: fc.constant('grant'), replica, isProbe: fc.boolean() }),
    fc.record({ kind: fc.constant('end'), pick: fc.nat(9), failed: fc.boolean() }),
    fc.record({ kind: fc.constant('probe-over'), pick: fc.nat(9) }),
    fc.record({ kind: fc.constant('take') }),
    fc.record({ kind: fc.constant('sweep'), last: fc.boolean() }),
    fc.record({ kind: fc.constant('heed'), ejected: fc.uniqueArray(replica), targetOpen: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const book = new LeaseBook();
      const used: string[] = [];
      const told: number[] = [];
      let [granted, probes, nowMs] = [0, 0, 0];
      let word: { ejected: readonly string[]; targetOpen: boolean } = well;
      const hear = (returns: readonly Return[]): void => {
        for (const { probe } of returns) for (const { number } of probe?.permits ?? []) told.push(number);
      };
      for (const each of moves) {
        nowMs += 100;
        if ('replica' in each) {
          granted += 1;
          const permits = each.isProbe ? [permit((probes += 1))] : undefined;
          used.push(book.enter(makeGrant(`l${granted}`, each.replica, permits), nowMs).leaseId);
        } else if ('failed' in each) {
          const [leaseId] = used.splice(each.pick % Math.max(1, used.length), 1);
          if (leaseId !== undefined)
            hear(book.giveBack(leaseId, each.failed ? 'replica-failed' : 'served', nowMs, 'ok'));
        } else if ('pick' in each) {
          const end = book.endProbe(used[each.pick % Math.max(1, used.length)] ?? '', 'slow');
          hear(end === null ? [] : [end]);
        } else if ('last' in each) {
          hear(book.sweep(nowMs, each.last));
        } else if ('ejected' in each) {
          word = each;
          hear(book.heed(each));
        } else {
          const slot = book.take(nowMs, 't');
          if (slot === null) continue;
          expect(word.targetOpen).toBe(false);
          expect(word.ejected).not.toContain(slot.replicaId);
          expect(slot).not.toHaveProperty('permits');
          used.push(slot.leaseId);
        }
      }
      for (const leaseId of used) hear(book.giveBack(leaseId, 'served', nowMs, null));
      expect(told.toSorted((a, b) => a - b)).toEqual(Array.from({ length: probes }, (_, at) => at + 1));
    }),
  );
});
