// How our policy is spelt: what is read, what is refused and in which words.
import { describe, expect, test } from 'vitest';
import { makeOwnPolicy, ownParts, parseOwnSpec } from '../../../../src/sim/replay/own-spec.ts';
import { hotOnly, withParking } from '../../../support/replay-workload.ts';

describe('a spelling that is read', () => {
  test.each([
    ['ours:10', { gamma: 10, off: [], trust: 0 }],
    ['ours:0.5', { gamma: 0.5, off: [], trust: 0 }],
    ['ours:1000000', { gamma: 1_000_000, off: [], trust: 0 }],
    ['ours:10:without=prewarm', { gamma: 10, off: ['prewarm'], trust: 0 }],
    ['ours:10:without=prewarm+tenants', { gamma: 10, off: ['prewarm', 'tenants'], trust: 0 }],
    ['ours:10:without=prewarm:without=guard+prewarm', { gamma: 10, off: ['prewarm', 'guard'], trust: 0 }],
    ['ours:10:with=trust', { gamma: 10, off: [], trust: 0.1 }],
    ['ours:10:with=trust:without=age', { gamma: 10, off: ['age'], trust: 0.1 }],
  ])('%s', (spec, value) => {
    expect(parseOwnSpec(spec)).toEqual({ ok: true, value });
  });

  test('every part can be switched off alone', () => {
    for (const part of ownParts)
      expect(parseOwnSpec(`ours:10:without=${part}`)).toMatchObject({ ok: true, value: { off: [part] } });
  });
});

describe('a spelling that is refused', () => {
  const gammas = 'ours:GAMMA takes GPU-seconds per second of waiting, above 0 up to 1000000';
  const parts = `is none of ${ownParts.join(', ')}`;
  const rest = 'after ours:GAMMA may come :without=PART+PART or :with=trust';
  test.each([
    ['', gammas],
    ['ours', gammas],
    ['ours:', gammas],
    ['ours:fast', gammas],
    ['ours:0', gammas],
    ['ours:-3', gammas],
    ['ours:NaN', gammas],
    ['ours:Infinity', gammas],
    ['ours:1000001', gammas],
    ['theirs:10', gammas],
    ['ours:10:without=luck', `"luck" ${parts}`],
    ['ours:10:without=', `"" ${parts}`],
    ['ours:10:without=prewarm+', `"" ${parts}`],
    ['ours:10:without=toString', `"toString" ${parts}`],
    ['ours:10:with=luck', rest],
    ['ours:10:prewarm', rest],
    ['ours:10:', rest],
  ])('"%s"', (spec, words) => {
    expect(parseOwnSpec(spec)).toEqual({ ok: false, error: `"${spec}": ${words}` });
  });
});

describe('the policy of a spelling', () => {
  const make = (spec: string, figures = withParking): ReturnType<typeof makeOwnPolicy> => {
    const read = parseOwnSpec(spec);
    if (!read.ok) throw new Error(read.error);
    return makeOwnPolicy({ spec: read.value, poolCount: 1, figures });
  };

  test.each([
    'ours:10',
    'ours:0.5:without=prewarm+age',
    'ours:7:with=trust',
    'ours:7:without=guard:with=trust',
  ])('bears its name: %s', (spec) => {
    expect(make(spec).name).toBe(spec);
  });

  test.each([
    ['ours:10', {}],
    ['ours:10:without=prewarm', { prewarm: false }],
    ['ours:10:without=speculation', { speculation: Infinity }],
    ['ours:10:without=guard', { guardRatio: Infinity }],
    ['ours:10:without=age+hour', { off: ['age', 'hour'] }],
    ['ours:10:with=trust', { trust: 0.1 }],
  ])('%s has these parts switched', (spec, switched) => {
    const usual = { prewarm: true, trust: 0, speculation: 0.3, guardRatio: 1.5, off: [] };
    expect(make(spec).warmer.switches).toEqual({ ...usual, ...switched });
  });

  test('parks where the fleet can and it was not switched off', () => {
    const parks = (spec: string, figures = withParking): boolean => {
      const { warmer } = make(spec, figures);
      warmer.load(0, 1, 1_000);
      return warmer.plan(0).keepParked > 0;
    };
    expect([parks('ours:10'), parks('ours:10:without=parking'), parks('ours:10', hotOnly)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('decides by the gamma of its spelling, not by that of the prices', () => {
    const { warmer } = make('ours:2', { ...hotOnly, gamma: 99 });
    warmer.load(0, 1, 1_000);
    expect(warmer.skiCost(1_000)).toBe(23 * 3);
  });
});
