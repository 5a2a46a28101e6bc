// The line of a pool: the pool's own fairness where nothing else is said, then what matters first, quick work before slow work, and
// refusals at once of what would be refused later. Shedding never takes what matters more while something that matters less waits.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dropForNewcomer, nextWaiter } from './plain-queue.ts';
import { criticalities, criticalityOf, parseCriticality } from '../../../src/core/resilience/criticality.ts';
import {
  choiceWaitMsMax,
  dropLate,
  isBound,
  nextServed,
  quickRowAfter,
  quickRowMax,
  rankOf,
  type QueueScene,
  type Queued,
} from '../../../src/core/resilience/fair-queue.ts';
import { latencyClassOf, slowSlotsMax } from '../../../src/core/resilience/latency-class.ts';
import {
  aheadOf,
  decideAdmission,
  lengthMax,
  trimLine,
  type AdmissionScene,
} from '../../../src/core/resilience/shed.ts';

let made = 0;
const waiter = (tenant: string, more: Partial<Queued> = {}): Queued => {
  made += 1;
  return { id: `${tenant}${made}`, tenant, enqueuedMs: made, deadlineMs: 1e9, ...more };
};
const quiet: QueueScene = {
  held: () => 0,
  lastTurn: () => 0,
  slots: 16,
  slowHeld: 0,
  quickSeen: false,
  quickRow: 0,
};
const open: AdmissionScene = {
  nowMs: 0,
  queueMax: 10,
  drainPerSecond: null,
  waitTargetMs: null,
  needMs: null,
};
const tenants = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
const mixed = fc.array(
  fc.record({
    tenant: fc.constantFrom('a', 'b', 'c'),
    criticality: fc.constantFrom(...criticalities, undefined),
    latency: fc.constantFrom('quick' as const, 'slow' as const, undefined),
    weight: fc.constantFrom(1, 2, 0.5, undefined, -1, Number.NaN),
  }),
  { maxLength: 30 },
);

describe('where nothing else is said', () => {
  test('the next one is who the pool has always served next', () => {
    fc.assert(
      fc.property(
        tenants,
        fc.array(fc.nat(3), { minLength: 4 }),
        fc.array(fc.nat(9), { minLength: 4 }),
        (line, held, turns) => {
          const waiting = line.map((tenant) => waiter(tenant));
          const of = (numbers: readonly number[]) => (tenant: string) => numbers['abcd'.indexOf(tenant)] ?? 0;
          const scene = { ...quiet, held: of(held), lastTurn: of(turns) };
          expect(nextServed(waiting, scene)).toBe(nextWaiter(waiting, of(held), of(turns)));
        },
      ),
    );
  });

  test('room is made by whoever has always made it', () => {
    fc.assert(
      fc.property(tenants, fc.constantFrom('a', 'b', 'e'), (line, tenant) => {
        const waiting = line.map((each) => waiter(each));
        const victim = dropForNewcomer(waiting, tenant);
        const admission = decideAdmission(waiting, waiter(tenant), { ...open, queueMax: line.length });
        expect(admission).toEqual(
          victim === null ? { kind: 'refuse', reason: 'full' } : { kind: 'displace', victim },
        );
      }),
    );
  });
});

describe('the next one', () => {
  test('matters most of all that wait, is quick where it can be, and is the first of its tenant in its lane', () => {
    fc.assert(
      fc.property(mixed, (line) => {
        const waiting = line.map(({ tenant, ...more }) => waiter(tenant, more));
        const next = nextServed(waiting, quiet);
        if (next === null) {
          expect(waiting).toEqual([]);
          return;
        }
        expect(rankOf(next)).toBe(Math.min(...waiting.map(rankOf)));
        const peers = waiting.filter((each) => rankOf(each) === rankOf(next));
        if (next.latency !== 'quick') expect(peers.every(({ latency }) => latency !== 'quick')).toBe(true);
        const first = peers.find(
          ({ tenant, latency }) =>
            tenant === next.tenant && (latency === 'quick') === (next.latency === 'quick'),
        );
        expect(first).toBe(next);
      }),
    );
  });

  test('is of the tenant that holds least for its weight', () => {
    const waiting = [waiter('a'), waiter('b', { weight: 4 })];
    const scene = { ...quiet, held: (tenant: string) => (tenant === 'a' ? 2 : 6) };
    expect(nextServed(waiting, scene)?.tenant).toBe('b');
  });

  test('is slow once in nine where quick work never ends', () => {
    const waiting = [
      waiter('a', { latency: 'slow' }),
      ...Array.from({ length: 40 }, () => waiter('b', { latency: 'quick' })),
    ];
    let line: readonly Queued[] = waiting;
    let quickRow = 0;
    const served: string[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      const next = nextServed(line, { ...quiet, quickRow });
      if (next === null) break;
      quickRow = quickRowAfter(line, next, quickRow);
      line = line.filter((each) => each !== next);
      served.push(next.tenant);
    }
    expect(served.indexOf('a')).toBe(quickRowMax);
  });

  test('is not slow when what is left is kept for quick work', () => {
    const waiting = [waiter('a', { latency: 'slow' }), waiter('b', { latency: 'quick' })];
    const full = { ...quiet, slots: 16, slowHeld: 14, quickSeen: true };
    expect(nextServed(waiting, full)?.tenant).toBe('b');
    expect(nextServed(waiting.slice(0, 1), full)).toBeNull();
    expect(nextServed(waiting.slice(0, 1), { ...full, quickSeen: false })?.tenant).toBe('a');
  });
});

describe('of one tenant, whoever can be served nowhere else', () => {
  const free = { canGoElsewhere: true };
  const at = (nowMs: number): QueueScene => ({ ...quiet, isAhead: (each) => isBound(each, nowMs) });

  test('comes before those that could have gone elsewhere, each in their own order', () => {
    let line: readonly Queued[] = [waiter('a', free), waiter('a'), waiter('a', free), waiter('a')];
    const [one, two, three, four] = line;
    const served: Queued[] = [];
    for (let next = nextServed(line, at(made)); next !== null; next = nextServed(line, at(made))) {
      served.push(next);
      line = line.filter((each) => each !== next);
    }
    expect(served).toEqual([two, four, one, three]);
  });

  test('takes nothing from what matters more, from quick work or from another tenant', () => {
    const critical = waiter('a', { ...free, criticality: 'critical' });
    const quick = waiter('a', { ...free, latency: 'quick' });
    const others = waiter('b', free);
    const bound = waiter('a');
    expect(nextServed([bound, critical], at(made))).toBe(critical);
    expect(nextServed([bound, quick], at(made))).toBe(quick);
    expect(nextServed([bound, others], { ...at(made), lastTurn: (tenant) => (tenant === 'a' ? 1 : 0) })).toBe(
      others,
    );
  });

  test('is of the tenant that would have its turn without it, whoever waits', () => {
    const choice = fc.record({ tenant: fc.constantFrom('a', 'b', 'c'), canGoElsewhere: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(choice, { maxLength: 30 }),
        fc.array(fc.nat(3), { minLength: 3 }),
        fc.array(fc.nat(9), { minLength: 3 }),
        (line, held, turns) => {
          const waiting = line.map(({ tenant, ...more }) => waiter(tenant, more));
          const of = (numbers: readonly number[]) => (tenant: string) => numbers['abc'.indexOf(tenant)] ?? 0;
          const scene = { ...quiet, held: of(held), lastTurn: of(turns) };
          const plain = nextServed(waiting, scene);
          const next = nextServed(waiting, { ...scene, isAhead: (each) => isBound(each, made) });
          expect(next?.tenant).toBe(plain?.tenant);
          const peers = waiting.filter(({ tenant }) => tenant === next?.tenant);
          expect(next ?? undefined).toBe(peers.find((each) => isBound(each, made)) ?? peers[0]);
        },
      ),
    );
  });

  test('passes nobody who has waited for long enough', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (choices) => {
        const waiting = choices.map((canGoElsewhere) => waiter('a', { canGoElsewhere }));
        const [oldest] = waiting;
        expect(nextServed(waiting, at((oldest?.enqueuedMs ?? 0) + choiceWaitMsMax))).toBe(oldest);
      }),
    );
  });
});

describe('whoever makes room', () => {
  test('never matters more than anybody who stays', () => {
    fc.assert(
      fc.property(mixed, fc.constantFrom(...criticalities), (line, criticality) => {
        const waiting = line.map(({ tenant, ...more }) => waiter(tenant, more));
        const newcomer = waiter('b', { criticality });
        const admission = decideAdmission(waiting, newcomer, { ...open, queueMax: line.length });
        const shed = admission.kind === 'displace' ? admission.victim : newcomer;
        for (const each of [...waiting, newcomer]) expect(rankOf(shed)).toBeGreaterThanOrEqual(rankOf(each));
      }),
    );
  });

  test('is the longest line for its weight', () => {
    const waiting = [waiter('a', { weight: 3 }), waiter('a', { weight: 3 }), waiter('b')];
    const admission = decideAdmission(waiting, waiter('c', { weight: 10 }), { ...open, queueMax: 3 });
    expect(admission).toEqual({ kind: 'displace', victim: waiting[2] });
  });

  test('leaves a line that has become twice too long, until it is as long as it may be', () => {
    const waiting = [
      ...Array.from({ length: 8 }, () => waiter('a')),
      waiter('b', { criticality: 'sheddable' }),
    ];
    const scene = { ...open, drainPerSecond: 10, waitTargetMs: 400 };
    expect([0, 1, 2].map((rank) => lengthMax(scene, rank))).toEqual([4, 4, 2]);
    const victims = trimLine(waiting, scene);
    expect(victims.map(({ tenant }) => tenant)).toEqual(['b', 'a', 'a', 'a', 'a']);
    expect(trimLine(waiting.slice(0, 8), scene)).toEqual([]);
  });
});

describe('what is critical', () => {
  test('takes the place of anything else, and beside its like waits as long as its deadline allows', () => {
    const scene = { ...open, drainPerSecond: 10, waitTargetMs: 400 };
    const critical = { criticality: 'critical' as const };
    const waiting = Array.from({ length: 4 }, () => waiter('a', critical));
    const mixedLine = [...waiting.slice(1), waiter('b')];
    expect(decideAdmission(mixedLine, waiter('a', critical), scene)).toMatchObject({
      kind: 'displace',
      victim: { tenant: 'b' },
    });
    expect(decideAdmission(waiting, waiter('a', critical), scene)).toEqual({ kind: 'wait' });
    expect(decideAdmission(waiting, waiter('a'), scene)).toEqual({ kind: 'refuse', reason: 'full' });
    expect(decideAdmission(waiting, waiter('a', { ...critical, deadlineMs: 399 }), scene)).toEqual({
      kind: 'refuse',
      reason: 'late',
    });
    const full = [...waiting, ...waiting, ...waiting.slice(0, 2)];
    expect(decideAdmission(full, waiter('a', critical), scene)).toEqual({ kind: 'refuse', reason: 'full' });
    expect(trimLine(full, scene)).toEqual([]);
  });
});

describe('what would be refused later', () => {
  test('is refused at once: by the length that is drained in time, and by its deadline', () => {
    const waiting = Array.from({ length: 4 }, () => waiter('a'));
    const scene = { ...open, drainPerSecond: 10, waitTargetMs: 400, needMs: 100 };
    expect(decideAdmission(waiting, waiter('a'), scene)).toEqual({ kind: 'refuse', reason: 'full' });
    expect(decideAdmission(waiting.slice(0, 3), waiter('a'), scene)).toEqual({ kind: 'wait' });
    // Three are ahead: 300 ms, and a fifth more; then its own 100.
    const late = waiter('a', { deadlineMs: 459 });
    expect(decideAdmission(waiting.slice(0, 3), late, scene)).toEqual({ kind: 'refuse', reason: 'late' });
    expect(decideAdmission(waiting.slice(0, 3), { ...late, deadlineMs: 460 }, scene)).toEqual({
      kind: 'wait',
    });
  });

  test('waits as long as its deadline allows while nothing is known, as in a pool that wakes', () => {
    const waiting = Array.from({ length: 9 }, () => waiter('a'));
    expect(decideAdmission(waiting, waiter('a'), { ...open, waitTargetMs: 100 })).toEqual({ kind: 'wait' });
  });

  test('counts as ahead what is served first: all that matter more, of its equals as many per tenant as of its own', () => {
    const waiting = [
      waiter('a'),
      waiter('a'),
      waiter('a'),
      waiter('b'),
      waiter('c', { criticality: 'critical' }),
      waiter('d', { criticality: 'sheddable' }),
    ];
    expect(aheadOf(waiting, waiter('b'))).toBe(2 + 1 + 1);
    expect(aheadOf(waiting, waiter('c', { criticality: 'critical' }))).toBe(1);
  });

  test('leaves the line when less time is left than a first token takes', () => {
    const waiting = [
      waiter('a', { deadlineMs: 1_099 }),
      waiter('a', { deadlineMs: 1_100 }),
      waiter('a', { deadlineMs: 1_000 }),
    ];
    expect(dropLate(waiting, 1_000, 100)).toEqual([waiting[0], waiting[2]]);
    expect(dropLate(waiting, 1_000, null)).toEqual([waiting[2]]);
  });
});

describe('classes', () => {
  test('come from the key, and a request only lowers its own', () => {
    for (const key of [...criticalities, null])
      for (const requested of [...criticalities, null]) {
        const rank = criticalities.indexOf(criticalityOf({ key, requested }));
        expect(rank).toBe(
          Math.max(
            criticalities.indexOf(key ?? 'default'),
            requested === null ? 0 : criticalities.indexOf(requested),
          ),
        );
      }
    expect(parseCriticality('critical')).toBe('critical');
    expect(parseCriticality('CRITICAL')).toBeNull();
  });

  test.each([
    [{ task: 'embedding', outputTokensMax: null }, 'quick'],
    [{ task: 'chat', outputTokensMax: 1 }, 'quick'],
    [{ task: 'chat', outputTokensMax: 33 }, 'slow'],
    [{ task: 'chat', outputTokensMax: null }, 'slow'],
  ] as const)('%j is %s', (shape, expected) => {
    expect(latencyClassOf(shape)).toBe(expected);
  });

  test('keep one slot in eight, and none of fewer than eight', () => {
    expect([4, 7, 8, 16, 20].map((slots) => slowSlotsMax(slots, true))).toEqual([4, 7, 7, 14, 18]);
  });
});
