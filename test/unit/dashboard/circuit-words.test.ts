// What a person is told of a circuit.
import { describe, expect, test } from 'vitest';
import type { CircuitView } from '../../../src/core/pool/circuit-view.ts';
import type { ReplicaView } from '../../../src/core/pool/pool-view.ts';
import { circuitsOf, describeCircuit, describeHistory } from '../../../src/dashboard/circuit-words.ts';

const closed: CircuitView = { phase: 'closed', sinceMs: 1_000, cause: null, probeDueMs: null, history: [] };
const opened = { atMs: 1_000, to: 'open', cause: 'hard', detail: '3 failures in a row' } as const;
const open: CircuitView = { ...closed, phase: 'open', cause: 'hard', probeDueMs: 13_400, history: [opened] };
const replica = (id: string, circuit: CircuitView | null = null): ReplicaView =>
  ({ id, circuit }) as ReplicaView;

describe('a circuit reads as what it is', () => {
  test.each<[string, CircuitView]>([
    ['closed for 12.0 s', closed],
    ['open for 12.0 s: nobody answers there; the next probe in 400 ms', open],
    ['open for 12.0 s: nobody answers there; the next request probes it', { ...open, probeDueMs: 13_000 }],
    ['open for 12.0 s: an operator has opened it', { ...open, cause: 'operator', probeDueMs: null }],
    ['probing for 12.0 s: first tokens are slow', { ...open, phase: 'half-open', cause: 'slow' }],
    ['open for 12.0 s: a cause of tomorrow', { ...open, cause: 'a cause of tomorrow', probeDueMs: null }],
    ['open for 0 ms: nobody answers there', { ...open, sinceMs: 99_000, probeDueMs: null }],
  ])('%s', (words, circuit) => {
    expect(describeCircuit(circuit, 13_000)).toBe(words);
  });
});

test('a history tells its last changes, newest first', () => {
  const history = Array.from({ length: 9 }, (_, at) => ({
    ...opened,
    atMs: 1_000 * at,
    detail: `change ${at}`,
    to: at === 8 ? ('closed' as const) : ('open' as const),
  }));
  expect(describeHistory({ ...open, history }, 13_000)).toEqual([
    '5 s ago closed: change 8',
    '6 s ago open: change 7',
    '7 s ago open: change 6',
    '8 s ago open: change 5',
    '9 s ago open: change 4',
  ]);
  expect(describeHistory(closed, 13_000)).toEqual([]);
});

describe('the circuits of a pool', () => {
  test('are shown where there is something to say, the pool’s own first', () => {
    const mended = { ...closed, history: [opened] };
    const lines = circuitsOf({
      circuit: open,
      replicas: [replica('a', closed), replica('b', mended), replica('c', open), replica('d')],
    });
    expect(lines.map(({ name }) => name)).toEqual(['the pool', 'b', 'c']);
  });

  test('are none where all have always been closed, and where no replica is hot', () => {
    expect(circuitsOf({ circuit: closed, replicas: [replica('a', closed)] })).toEqual([]);
    expect(circuitsOf({ circuit: closed, replicas: [replica('a')] })).toEqual([]);
  });
});
