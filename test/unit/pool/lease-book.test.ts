// The slots of one isolate: used again, given back when idle, contended, failed or lost, and never handed to two.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askPatienceMs, askTrustMs } from '../../../src/core/pool/heard-word.ts';
import { holdIdleMs, LeaseBook, silentAfterMs } from '../../../src/core/pool/lease-book.ts';
import { beatTenantsMax } from '../../../src/core/pool/use-count.ts';
import type { Grant } from '../../../src/core/pool/pool-events.ts';

const makeGrant = (leaseId: string, patch: Partial<Grant> = {}): Grant => ({
  leaseId,
  replicaId: 'r1',
  endpoint: 'http://r1',
  warmth: 'cold',
  expiresMs: 30_000,
  contended: false,
  ...patch,
});

/** A book with these slots, all in use since 0. */
function bookOf(...grants: readonly Grant[]): LeaseBook {
  const book = new LeaseBook();
  for (const grant of grants) book.enter(grant, 0);
  return book;
}

const answer = { lost: [] as readonly string[], expiresMs: 60_000, contended: false };

describe('taking', () => {
  test('an empty book has nothing to take', () => {
    expect(new LeaseBook().take(0, 't')).toBeNull();
  });

  test('a slot is what the grant said; taken again, it meets a hot replica', () => {
    const book = new LeaseBook();
    expect(book.enter(makeGrant('x'), 0)).toEqual({
      leaseId: 'x',
      replicaId: 'r1',
      endpoint: 'http://r1',
      warmth: 'cold',
    });
    book.giveBack('x', 'served', 1);
    expect(book.take(2, 't')).toMatchObject({ leaseId: 'x', warmth: 'hot' });
  });

  test('a slot of a replica that was asked already is left for others', () => {
    const book = bookOf(makeGrant('x'), makeGrant('y', { replicaId: 'r2' }));
    for (const leaseId of ['x', 'y']) book.giveBack(leaseId, 'served', 1);
    expect(book.take(2, 't', ['r1'])).toMatchObject({ leaseId: 'y' });
    expect(book.take(2, 't', ['r1'])).toBeNull();
    expect(book.take(2, 't')).toMatchObject({ leaseId: 'x' });
  });

  test('what is idle is what nobody uses: neither slots in use nor those that have gone back', () => {
    const book = bookOf(makeGrant('x'), makeGrant('y'), makeGrant('z'));
    expect(book.idleCount).toBe(0);
    for (const leaseId of ['x', 'y']) book.giveBack(leaseId, 'served', 1);
    expect(book.idleCount).toBe(2);
    book.take(2, 't');
    expect(book.idleCount).toBe(1);
    book.sweep(1 + holdIdleMs, false);
    expect(book.idleCount).toBe(0);
  });

  test('a slot in use is not taken by another', () => {
    const book = bookOf(makeGrant('x'));
    expect(book.take(1, 't')).toBeNull();
    book.giveBack('x', 'served', 1);
    expect(book.take(1, 't')?.leaseId).toBe('x');
    expect(book.take(1, 't')).toBeNull();
  });

  test('a slot near the end of its lease is not taken any more', () => {
    const book = bookOf(makeGrant('x'));
    book.giveBack('x', 'served', 1);
    expect(book.take(25_000, 't')).toBeNull();
    expect(book.take(24_999, 't')?.leaseId).toBe('x');
  });
});

describe('giving back', () => {
  test('keeps the slot for the next request', () => {
    const book = bookOf(makeGrant('x'));
    expect(book.giveBack('x', 'served', 1)).toEqual([]);
    expect(book.size).toBe(1);
  });

  test.each<[string, Partial<Grant>, number]>([
    ['others wait', { contended: true }, 1],
    ['its lease ends soon', {}, 25_000],
  ])('returns the slot at once when %s', (_, patch, atMs) => {
    const book = bookOf(makeGrant('x', patch));
    expect(book.giveBack('x', 'client-gone', atMs)).toMatchObject([{ leaseId: 'x', outcome: 'client-gone' }]);
    expect(book.size).toBe(0);
  });

  test('of a failed replica returns its idle slots too, and leaves those in use and those of others', () => {
    const book = bookOf(
      makeGrant('x'),
      makeGrant('idle'),
      makeGrant('used'),
      makeGrant('other', { replicaId: 'r2' }),
    );
    book.giveBack('idle', 'served', 1);
    book.giveBack('other', 'served', 1);
    expect(book.giveBack('x', 'replica-failed', 2)).toMatchObject([
      { leaseId: 'x', outcome: 'replica-failed' },
      { leaseId: 'idle', outcome: 'client-gone' },
    ]);
    expect(book.size).toBe(2);
    expect(book.take(3, 't')?.leaseId).toBe('other');
  });

  test('of a slot that the book does not know says nothing', () => {
    expect(bookOf(makeGrant('x')).giveBack('y', 'served', 1)).toEqual([]);
  });
});

describe('while a request of our own asks the pool', () => {
  const kept = (askedMs: number, atMs: number): boolean => {
    const book = bookOf(makeGrant('x'), makeGrant('y'));
    book.giveBack('y', 'served', 0);
    book.ask(askedMs);
    const isKept = book.giveBack('x', 'served', atMs).length === 0;
    expect(book.take(atMs, 't') !== null).toBe(isKept);
    return isKept;
  };

  test('slots are kept as long as it may have its answer any moment', () => {
    expect(kept(0, askPatienceMs - 1)).toBe(true);
  });

  test('slots go back once it must be waiting, and no newcomer overtakes it', () => {
    expect(kept(0, askPatienceMs)).toBe(false);
    expect(kept(0, askTrustMs - 1)).toBe(false);
  });

  test('one that was torn down without a word is forgotten', () => {
    expect(kept(0, askTrustMs)).toBe(true);
  });

  test('one that has its answer counts no longer', () => {
    const book = bookOf(makeGrant('x'));
    book.ask(0)();
    expect(book.giveBack('x', 'served', 100)).toEqual([]);
  });
});

describe('sweeping', () => {
  test('returns what was idle long enough, and leaves what is in use', () => {
    const book = bookOf(makeGrant('x'), makeGrant('used'));
    book.giveBack('x', 'served', 100);
    expect(book.sweep(100 + holdIdleMs - 1, false)).toEqual([]);
    expect(book.sweep(100 + holdIdleMs, false)).toMatchObject([{ leaseId: 'x', outcome: 'served' }]);
    expect(book.size).toBe(1);
  });

  test('returns every idle slot when nobody will look again, or when others began to wait', () => {
    const last = bookOf(makeGrant('x'));
    last.giveBack('x', 'served', 100);
    expect(last.sweep(101, true)).toHaveLength(1);
    const contended = bookOf(makeGrant('x'));
    contended.giveBack('x', 'served', 100);
    contended.hear({ ...answer, contended: true });
    expect(contended.take(101, 't')).toBeNull();
    expect(contended.sweep(101, false)).toHaveLength(1);
  });
});

describe('beating', () => {
  test('tells at most every two seconds, and only where there is something to tell', () => {
    const book = new LeaseBook();
    expect(book.beat(9_000)).toBeNull();
    book.enter(makeGrant('x'), 10_000);
    expect(book.beat(11_999)).toBeNull();
    expect(book.beat(12_000)).toEqual({ leaseIds: ['x'], reused: 0, tenants: [] });
    expect(book.beat(13_999)).toBeNull();
  });

  test('counts every use of a kept slot once', () => {
    const book = bookOf(makeGrant('x'));
    for (let use = 1; use <= 3; use += 1) {
      book.giveBack('x', 'served', use);
      book.take(use, 't');
    }
    expect(book.unreported).toBe(3);
    expect(book.beat(5_000)).toMatchObject({
      leaseIds: ['x'],
      reused: 3,
      tenants: [{ tenant: 't', count: 3 }],
    });
    expect(book.unreported).toBe(0);
    expect(book.flush(5_001)).toEqual({ leaseIds: ['x'], reused: 0, tenants: [] });
  });

  test('counts uses by tenant, and names no more tenants than fit into one beat', () => {
    const book = bookOf(makeGrant('x'));
    for (let tenant = 0; tenant < beatTenantsMax + 8; tenant += 1) {
      book.giveBack('x', 'served', 1);
      book.take(1, `t${tenant}`);
    }
    const { reused, tenants } = book.flush(2);
    expect(reused).toBe(beatTenantsMax + 8);
    expect(tenants).toHaveLength(beatTenantsMax);
    expect(tenants.at(0)).toEqual({ tenant: 't0', count: 1 });
    expect(tenants.at(-1)).toEqual({ tenant: '', count: 9 });
  });

  test('that did not arrive is made good by the next one', () => {
    const book = bookOf(makeGrant('x'));
    const use = (tenant: string): void => {
      book.giveBack('x', 'served', 1);
      book.take(1, tenant);
    };
    use('a');
    const lost = book.flush(2);
    use('a');
    use('b');
    book.unsent(lost);
    expect(book.unreported).toBe(3);
    expect(book.flush(3)).toMatchObject({
      reused: 3,
      tenants: [
        { tenant: 'a', count: 2 },
        { tenant: 'b', count: 1 },
      ],
    });
  });

  test('renews a slot whose request gives signs of life, and lets go of one whose request fell silent', () => {
    const book = bookOf(makeGrant('alive'), makeGrant('silent'));
    book.touch('alive', 15_000);
    expect(book.beat(silentAfterMs - 1)?.leaseIds).toEqual(['alive', 'silent']);
    expect(book.flush(silentAfterMs).leaseIds).toEqual(['alive']);
    expect(book.size).toBe(1);
  });

  test('an answer renews what the book holds', () => {
    const book = bookOf(makeGrant('x'));
    book.giveBack('x', 'served', 1);
    book.hear(answer);
    expect(book.take(54_999, 't')?.leaseId).toBe('x');
  });

  test('a lost slot is not handed out again, whether it was idle or in use', () => {
    const book = bookOf(makeGrant('idle'), makeGrant('used'));
    book.giveBack('idle', 'served', 1);
    book.hear({ ...answer, lost: ['idle', 'used', 'unknown'] });
    expect(book.size).toBe(1);
    expect(book.giveBack('used', 'served', 2)).toMatchObject([{ leaseId: 'used', outcome: 'served' }]);
    expect(book.take(3, 't')).toBeNull();
    expect(book.size).toBe(0);
  });

  test('a lost slot stays lost, whatever later answers say of the others', () => {
    const book = bookOf(makeGrant('used'));
    book.hear({ ...answer, lost: ['used'] });
    book.hear(answer);
    expect(book.giveBack('used', 'served', 2)).toHaveLength(1);
  });
});

describe('the time that requests hold slots', () => {
  const use = (book: LeaseBook, heldMs: number): void => {
    const slot = book.take(1_000, 't');
    book.giveBack(slot?.leaseId ?? '', 'served', 1_000 + heldMs);
  };

  test('is told with the beat, of all that ended, and once', () => {
    const book = bookOf(makeGrant('x'));
    book.giveBack('x', 'served', 100);
    use(book, 20);
    use(book, 30);
    expect(book.flush(2_000).served).toMatchObject({ ended: 3, heldMs: 150 });
    expect(book.flush(2_001)).not.toHaveProperty('served');
  });

  test('is told with the first slot that goes back, and then not with the beat', () => {
    const book = bookOf(makeGrant('x'), makeGrant('y'));
    book.giveBack('y', 'served', 50);
    expect(book.giveBack('x', 'replica-failed', 100)).toEqual([
      {
        leaseId: 'x',
        outcome: 'replica-failed',
        served: { ended: 2, heldMs: 150, answered: 1, answeredMs: 50 },
      },
      { leaseId: 'y', outcome: 'client-gone' },
    ]);
    expect(book.flush(2_000)).not.toHaveProperty('served');
  });

  test('of a replica that answered badly goes back alone: the pool is asked for the next', () => {
    const book = bookOf(makeGrant('x'), makeGrant('y'));
    book.giveBack('y', 'served', 50);
    expect(book.giveBack('x', 'answer-failed', 100)).toMatchObject([
      { leaseId: 'x', outcome: 'answer-failed' },
    ]);
    expect(book.take(110, 't')).toMatchObject({ leaseId: 'y' });
  });

  test('names whose request it was that a replica failed, of a kept slot the last one’s', () => {
    const book = bookOf(makeGrant('x'));
    book.giveBack('x', 'served', 50);
    book.take(60, 'poison');
    expect(book.giveBack('x', 'replica-failed', 100)).toMatchObject([{ leaseId: 'x', tenant: 'poison' }]);
  });

  test('is told again when the beat did not arrive', () => {
    const book = bookOf(makeGrant('x'));
    book.giveBack('x', 'served', 100);
    book.unsent(book.flush(2_000));
    use(book, 20);
    expect(book.flush(2_001).served).toEqual({ ended: 2, heldMs: 120, answered: 2, answeredMs: 120 });
  });

  test('is none of a slot that goes back in the moment in which it came: nobody was served', () => {
    const book = bookOf(makeGrant('x', { contended: true }));
    expect(book.giveBack('x', 'client-gone', 0)).toEqual([{ leaseId: 'x', outcome: 'client-gone' }]);
  });
});

test('whatever the requests do, no slot serves two at once and none is returned while in use or twice', () => {
  const move = fc.record({
    kind: fc.constantFrom('take', 'grant', 'end', 'fail', 'sweep', 'last', 'beat', 'lost', 'contended'),
    pick: fc.nat(9),
    ms: fc.nat(700),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const book = new LeaseBook();
      const inUse = new Set<string>();
      const returned: string[] = [];
      let nowMs = 0;
      for (const [index, { kind, pick, ms }] of moves.entries()) {
        nowMs += ms;
        const some = [...inUse][pick % Math.max(1, inUse.size)];
        const use = (leaseId: string | undefined): void => {
          if (leaseId === undefined) return;
          expect(inUse).not.toContain(leaseId);
          expect(returned).not.toContain(leaseId);
          inUse.add(leaseId);
        };
        const giveBack = (outcome: 'served' | 'replica-failed'): void => {
          if (some === undefined) return;
          inUse.delete(some);
          for (const { leaseId } of book.giveBack(some, outcome, nowMs)) returned.push(leaseId);
        };
        const grant = makeGrant(`l${index}`, { replicaId: `r${pick % 3}`, expiresMs: nowMs + 30_000 });
        if (kind === 'take') use(book.take(nowMs, 't')?.leaseId);
        if (kind === 'grant') use(book.enter(grant, nowMs).leaseId);
        if (kind === 'end') giveBack('served');
        if (kind === 'fail') giveBack('replica-failed');
        if (kind === 'sweep' || kind === 'last') {
          for (const { leaseId } of book.sweep(nowMs, kind === 'last')) returned.push(leaseId);
        }
        if (kind === 'beat') book.flush(nowMs);
        if (kind === 'lost')
          book.hear({ ...answer, lost: some === undefined ? [] : [some], expiresMs: nowMs + 30_000 });
        if (kind === 'contended') book.hear({ ...answer, contended: pick > 4, expiresMs: nowMs + 30_000 });
        expect(new Set(returned).size).toBe(returned.length);
        for (const leaseId of inUse) expect(returned).not.toContain(leaseId);
      }
    }),
  );
});

test('a tenant that may use few replicas only gets no kept slot: the pool is asked, until it says otherwise', () => {
  const book = bookOf(makeGrant('x'));
  book.giveBack('x', 'served', 10);
  book.hearWord({ confined: ['poison'] });
  expect(book.take(20, 'poison')).toBeNull();
  expect(book.take(20, 'calm')).toMatchObject({ leaseId: 'x' });
  book.giveBack('x', 'served', 30);
  book.hearWord({ confined: [] });
  expect(book.take(40, 'poison')).toMatchObject({ leaseId: 'x' });
});
