import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGlob, matchesGlob } from '../../../src/core/routing/glob.ts';
import type { RouteQuestion } from '../../../src/core/routing/route-question.ts';
import { isZone, localTime } from '../../../src/core/routing/zone-clock.ts';
import { meetsGlob } from './judge-by-hand.ts';
import { plan, views } from './sample-route.ts';

/** Null when the condition holds, else the place that does not. */
function unmet(match: object, facts: Partial<RouteQuestion> = {}): string | null {
  return plan([{ id: 'r', match, target: 'b@1' }], facts).explain.rules[0]?.on ?? null;
}

const at = (iso: string): Partial<RouteQuestion> => ({ nowMs: Date.parse(iso) });

describe('a condition', () => {
  test.each<[string, object, Partial<RouteQuestion>, Partial<RouteQuestion>]>([
    ['on the model', { model: { prefix: 'ass' } }, {}, { model: 'b@1' }],
    ['on the tenant', { tenant: { in: ['acme', 'demo'] } }, {}, { tenant: 'other' }],
    ['on the key', { key: 'main' }, {}, { keyId: 'ci' }],
    [
      'on a label of the key',
      { labels: { team: 'search' } },
      { labels: { team: 'search' } },
      { labels: { team: 'ads' } },
    ],
    [
      'on metadata',
      { metadata: { plan: { glob: 'pro-*' } } },
      { metadata: { plan: 'pro-2' } },
      { metadata: { plan: 'free' } },
    ],
    ['on a header', { headers: { 'x-app': { exists: true } } }, { headers: { 'x-app': '' } }, {}],
    [
      'on a header that must not be there',
      { headers: { 'x-app': { exists: false } } },
      {},
      { headers: { 'x-app': 'a' } },
    ],
    ['on the country, in any case', { country: { in: ['de', 'AT'] } }, { country: 'DE' }, { country: 'FR' }],
    ['on the region', { region: 'eu' }, { region: 'eu' }, { region: null }],
    ['on the colo', { colo: 'fra' }, { colo: 'FRA' }, { colo: 'AMS' }],
    ['on the task', { task: 'chat' }, {}, { task: 'embedding' }],
    ['on tools', { tools: true }, { tools: true }, {}],
    ['on JSON', { json: false }, {}, { json: true }],
    ['on streaming', { stream: true }, { stream: true }, {}],
    [
      'on the prompt’s length',
      { promptTokens: { min: 100, max: 200 } },
      { promptTokens: 200 },
      { promptTokens: 201 },
    ],
    [
      'on the budget',
      { budgetLeftMicros: { max: 10 } },
      { budgetLeftMicros: 10 },
      { budgetLeftMicros: null },
    ],
    [
      'on warmth',
      { warmth: { is: ['hot', 'parked'] } },
      { views: views({ 'a@1': {} }) },
      { views: views({ 'a@1': { warmth: 'cold' } }) },
    ],
    [
      'on another’s warmth',
      { warmth: { is: ['cold'], of: 'b@1' } },
      { views: views({ 'b@1': { warmth: 'cold' } }) },
      {},
    ],
    [
      'on the wait',
      { predictedWaitMs: { min: 2_000 } },
      { views: views({ 'a@1': { predictedWaitMs: 2_000 } }) },
      { views: views({ 'a@1': { predictedWaitMs: null } }) },
    ],
    ['on alternatives', { any: [{ country: 'DE' }, { tools: true }] }, { tools: true }, {}],
    ['on an opposite', { not: { country: 'DE' } }, { country: null }, { country: 'DE' }],
  ])('%s holds and does not hold', (_name, match, holds, fails) => {
    expect(unmet(match, holds)).toBeNull();
    expect(unmet(match, fails)).not.toBeNull();
  });

  test('names the part that did not hold: the first of all, alternatives and opposites as a whole', () => {
    const facts = { country: 'FR', tools: true };
    expect(unmet({ tools: true, country: 'DE', json: true }, facts)).toBe('match.json');
    expect(unmet({ tools: true, any: [{ country: 'DE' }, { json: true }] }, facts)).toBe('match.any');
    expect(unmet({ any: [{ country: 'DE' }, { json: true }], not: { tools: false } }, facts)).toBe(
      'match.any',
    );
    expect(unmet({ not: { tools: true, country: 'FR' } }, facts)).toBe('match.not');
    expect(unmet({ tools: true, all: [{ any: [{ tools: true }, { json: true }], model: 'x' }] }, facts)).toBe(
      'match.all[0].model',
    );
  });

  test('does not see what objects inherit', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty'])
      expect(unmet({ labels: { [name]: { exists: true } } })).toBe(`match.labels.${name}`);
  });
});

describe('a glob', () => {
  test.each<[string, string, boolean]>([
    ['gpt-*', 'gpt-4o', true],
    ['*-mini', 'gpt-4o-mini', true],
    ['*4*', 'gpt-4o', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*ab*ab*', 'xabx', false],
    ['*aab*', 'aaab', true],
    ['*aba*ba*', 'ababa', true],
    ['a.c', 'abc', false],
    ['*', '', true],
  ])('%s meets "%s": %s', (glob, text, holds) => {
    expect(unmet({ metadata: { x: { glob } } }, { metadata: { x: text } })).toBe(
      holds ? null : 'match.metadata.x',
    );
  });

  test('means what trying every place of its stars would say', () => {
    const letters = fc.constantFrom('a', 'b', '*');
    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 8 }).filter((glob) => glob.includes('*')),
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }),
        (glob, text) => matchesGlob(compileGlob(glob), text) === meetsGlob(glob, text),
      ),
      { numRuns: 2_000 },
    );
  });

  test('meets no text that is longer than is looked at', () => {
    const meets = (length: number): boolean =>
      unmet({ metadata: { x: { glob: '*a*' } } }, { metadata: { x: 'a'.repeat(length) } }) === null;
    expect([meets(256), meets(257)]).toEqual([true, false]);
  });
});

describe('a time window', () => {
  const office = {
    time: { zone: 'Europe/Berlin', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' },
  };
  const night = { time: { zone: 'Europe/Berlin', days: ['fri'], from: '22:00', to: '06:00' } };

  test.each<[string, object, string, boolean]>([
    ['winter, the first minute', office, '2026-11-25T07:00:00Z', true],
    ['winter, a moment before', office, '2026-11-25T06:59:59.999Z', false],
    ['winter, the last moment', office, '2026-11-25T16:59:59.999Z', true],
    ['winter, the end', office, '2026-11-25T17:00:00Z', false],
    ['summer begins an hour earlier', office, '2026-07-15T06:00:00Z', true],
    ['a Sunday', office, '2026-11-29T10:00:00Z', false],
    ['the day that summer time begins', office, '2026-03-30T06:00:00Z', true],
    ['the Friday before it', office, '2026-03-27T06:30:00Z', false],
    ['over midnight, before it', night, '2026-11-27T21:30:00Z', true],
    ['over midnight, after it: it is Saturday there', night, '2026-11-28T04:30:00Z', true],
    ['over midnight, at its end', night, '2026-11-28T05:00:00Z', false],
    ['Friday morning belongs to Thursday’s night', night, '2026-11-27T03:00:00Z', false],
    [
      'a zone with a quarter of an hour',
      { time: { zone: 'Asia/Kathmandu', from: '12:00', to: '12:01' } },
      '2026-11-25T06:15:30Z',
      true,
    ],
    ['until midnight', { time: { zone: 'UTC', from: '23:59' } }, '2026-11-25T23:59:59Z', true],
  ])('%s', (_name, match, iso, holds) => {
    expect(unmet(match, at(iso))).toBe(holds ? null : 'match.time');
  });

  test('says in an explanation what time it was there', () => {
    const made = plan([{ id: 'r', match: office, target: 'b@1' }], at('2026-11-29T10:05:00Z'));
    expect(made.explain.rules[0]?.got).toBe('sun 11:05');
  });

  test('holds at no time that is none', () => {
    for (const nowMs of [Number.NaN, Infinity, -1, 9e15]) expect(localTime('UTC', nowMs)).toBeNull();
  });

  test('changes with summer time at the very minute, however often the zone was asked before', () => {
    const local = (iso: string): number | undefined => localTime('Europe/Berlin', Date.parse(iso))?.minute;
    expect([local('2026-10-25T00:59:00Z'), local('2026-10-25T01:00:00Z')]).toEqual([179, 120]);
    expect([local('2026-03-29T00:59:00Z'), local('2026-03-29T01:00:00Z')]).toEqual([119, 180]);
  });

  test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])(
    'knows the zone %s',
    (zone) => {
      expect(isZone(zone)).toBe(true);
    },
  );

  test.each(['', 'Mars', '+02:00', '02:00', 'Europe/Berlin ', 'x'.repeat(65)])(
    'knows no zone "%s"',
    (zone) => {
      expect(isZone(zone)).toBe(false);
    },
  );
});
