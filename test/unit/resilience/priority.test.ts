// How a request stands beside others: what its key may, what it asks for itself, how long it will hold its slot.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  criticalities,
  criticalityOf,
  criticalityRank,
  readCriticality,
} from '../../../src/core/resilience/criticality.ts';
import { priorityOf } from '../../../src/core/resilience/priority.ts';

describe('a class that a request asks for itself', () => {
  test.each([
    [null, null],
    ['critical', 'critical'],
    ['default', 'default'],
    ['sheddable', 'sheddable'],
  ])('%s is read', (header, value) => {
    expect(readCriticality(header)).toEqual({ ok: true, value });
  });

  test.each(['', 'Critical', 'high', 'default, critical', ' default', '0', 'toString'])(
    '"%s" is refused, naming the classes',
    (header) => {
      expect(readCriticality(header)).toEqual({
        ok: false,
        error: {
          kind: 'invalid',
          message: 'x-pilotlight-criticality must be one of critical, default, sheddable.',
          param: 'x-pilotlight-criticality',
        },
      });
    },
  );

  test('lowers what its key allows and never raises it', () => {
    const one = fc.constantFrom(...criticalities, null);
    fc.assert(
      fc.property(one, one, (key, requested) => {
        const rank = criticalityRank(criticalityOf({ key, requested }));
        expect(rank).toBeGreaterThanOrEqual(criticalityRank(key ?? 'default'));
        if (requested !== null) expect(rank).toBeGreaterThanOrEqual(criticalityRank(requested));
      }),
    );
  });
});

describe('work', () => {
  const latency = (task: 'chat' | 'embedding', body: object): string =>
    priorityOf({ task, body: { ...body }, weight: 1 }).latency;

  test.each<[string, 'chat' | 'embedding', object, string]>([
    ['an embedding', 'embedding', {}, 'quick'],
    ['an embedding that names a limit', 'embedding', { max_tokens: 9_000 }, 'quick'],
    ['a dialogue', 'chat', {}, 'slow'],
    ['a label', 'chat', { max_tokens: 32 }, 'quick'],
    ['a label by the newer name', 'chat', { max_completion_tokens: 1 }, 'quick'],
    ['one token more than quick', 'chat', { max_tokens: 33 }, 'slow'],
    ['a limit of null', 'chat', { max_tokens: null }, 'slow'],
    ['a limit in words', 'chat', { max_tokens: '1' }, 'slow'],
    [
      'two limits, of which a server may heed the larger',
      'chat',
      { max_tokens: 1, max_completion_tokens: 999 },
      'slow',
    ],
  ])('%s is %s work', (_name, task, body, expected) => {
    expect(latency(task, body)).toBe(expected);
  });

  test('of the platform itself counts as any, with its tenant’s weight', () => {
    expect(priorityOf({ task: 'chat', body: {}, weight: 2.5 })).toEqual({
      criticality: 'default',
      weight: 2.5,
      latency: 'slow',
    });
    expect(priorityOf({ task: 'chat', body: {}, weight: 1, criticality: 'sheddable' })).toMatchObject({
      criticality: 'sheddable',
    });
  });
});
