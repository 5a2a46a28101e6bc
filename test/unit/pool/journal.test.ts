// The pool's memory of what happened since the planner last asked: bounded, told once, and never silently wrong.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  emptyJournal,
  forgetHeard,
  journalMax,
  noteArrivals,
  noteLevel,
  type Journal,
} from '../../../src/core/pool/journal.ts';

const t0 = 1_000_000;
const arrivals = ({ events }: Journal): number =>
  events.reduce((sum, event) => sum + (event.kind === 'arrival' ? event.count : 0), 0);

/** `count` arrivals, each of the tenant and at the moment that the functions give. */
function fill(count: number, tenant: (at: number) => string, atMs: (at: number) => number): Journal {
  let journal = emptyJournal;
  for (let at = 0; at < count; at += 1) journal = noteArrivals(journal, atMs(at), tenant(at), 1);
  return journal;
}

test('arrivals and changes of level are kept in order, numbered by a number that only grows', () => {
  let journal = noteArrivals(emptyJournal, t0, 'a', 2);
  journal = noteLevel(journal, t0, 1);
  journal = noteLevel(journal, t0 + 5, 1);
  journal = noteLevel(journal, t0 + 9, 0);
  expect(journal.events).toEqual([
    { kind: 'arrival', seq: t0, atMs: t0, tenant: 'a', count: 2 },
    { kind: 'level', seq: t0 + 1, atMs: t0, busy: 1 },
    { kind: 'level', seq: t0 + 9, atMs: t0 + 9, busy: 0 },
  ]);
  expect(journal).toMatchObject({ seq: t0 + 9, busy: 0, truncatedSeq: 0 });
});

test('nobody is no event', () => {
  expect(noteArrivals(emptyJournal, t0, 'a', 0)).toBe(emptyJournal);
});

test('what was heard is forgotten, what was not is kept', () => {
  const journal = noteArrivals(noteArrivals(emptyJournal, t0, 'a', 1), t0 + 7, 'b', 1);
  expect(forgetHeard(journal, t0).events).toMatchObject([{ tenant: 'b' }]);
  expect(forgetHeard(journal, 0).events).toHaveLength(2);
  expect(forgetHeard(journal, journal.seq).events).toEqual([]);
});

describe('what does not fit', () => {
  test('is first told by the second, with the names', () => {
    const journal = fill(
      journalMax + 1,
      (at) => `t${at % 3}`,
      (at) => t0 + at * 10,
    );
    expect(journal.events).toHaveLength(Math.ceil(((journalMax + 1) * 10) / 1_000) * 3);
    expect(arrivals(journal)).toBe(journalMax + 1);
    expect(journal.truncatedSeq).toBe(0);
  });

  test('is then told without names', () => {
    const journal = fill(
      journalMax + 1,
      (at) => `t${at}`,
      (at) => t0 + at * 10,
    );
    expect(journal.events).toHaveLength(6);
    expect(arrivals(journal)).toBe(journalMax + 1);
    expect(journal).toMatchObject({ truncatedSeq: journal.seq });
  });

  test('is in the end forgotten, the oldest first', () => {
    const journal = fill(
      journalMax + 1,
      (at) => `t${at}`,
      (at) => t0 + at * 1_000,
    );
    expect(journal.events).toHaveLength(journalMax / 2);
    expect(journal.events.at(-1)?.atMs).toBe(t0 + journalMax * 1_000);
    expect(journal.truncatedSeq).toBe(journal.seq);
  });

  test('keeps of the levels within a second the highest and the last', () => {
    let journal: Journal = emptyJournal;
    for (let at = 0; at <= journalMax; at += 1) journal = noteLevel(journal, t0, [1, 5, 2][at % 3] ?? 0);
    const levels = journal.events.map((event) => (event.kind === 'level' ? event.busy : -1));
    expect(levels).toEqual([5, 2].slice(0, levels.length));
    expect(levels).toContain(5);
    expect(journal.busy).toBe(levels.at(-1));
  });

  test('is not mixed with what was sent already: nothing is told twice', () => {
    const sent = fill(
      journalMax / 2,
      () => 'a',
      () => t0,
    );
    let journal = forgetHeard(sent, 0);
    for (let at = 0; at <= journalMax / 2; at += 1) journal = noteArrivals(journal, t0, 'a', 1);
    expect(journal.events).toHaveLength(2);
    expect(arrivals(forgetHeard(journal, sent.seq))).toBe(journalMax / 2 + 1);
  });
});

test('whatever happens and whenever the planner asks, the bound holds, and every arrival is told once or the report says that not all are', () => {
  const move = fc.record({
    kind: fc.constantFrom('arrive', 'arrive', 'arrive', 'level', 'ask', 'lost'),
    tenant: fc.nat(400),
    ms: fc.constantFrom(0, 0, 10, 400, 3_000),
    times: fc.constantFrom(1, 40, 700),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 25 }), (moves) => {
      let journal: Journal = emptyJournal;
      let [nowMs, heardSeq, came, told] = [t0, 0, 0, 0];
      let truncated = false;
      const ask = (): void => {
        truncated ||= journal.truncatedSeq > heardSeq;
        told += arrivals(forgetHeard(journal, heardSeq));
        journal = forgetHeard(journal, heardSeq);
        heardSeq = journal.seq;
      };
      for (const { kind, tenant, ms, times } of moves) {
        for (let time = 0; time < times; time += 1) {
          nowMs += ms;
          if (kind === 'arrive') {
            journal = noteArrivals(journal, nowMs, `t${(tenant * time) % 401}`, 1);
            came += 1;
          }
          if (kind === 'level') journal = noteLevel(journal, nowMs, (tenant + time) % 5);
          expect(journal.events.length).toBeLessThanOrEqual(journalMax);
        }
        if (kind === 'ask') ask();
        // A report that never arrives is asked for again.
        if (kind === 'lost') journal = forgetHeard(journal, heardSeq);
      }
      ask();
      expect(told).toBeLessThanOrEqual(came);
      if (!truncated) expect(told).toBe(came);
    }),
    { numRuns: 60 },
  );
});
