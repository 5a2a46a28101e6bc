// What an isolate knows of pools: when it asks, what it forgets, and how slow first tokens are.
import { describe, expect, test } from 'vitest';
import { openTrustMs, type HeardVerdict as Heard } from '../../../src/hosts/pool-desk.ts';
import { glanceMs, PoolNews, soonGlanceMs, wakeEveryMs } from '../../../src/hosts/pool-news.ts';
import { wellVerdict } from './fake-pool.ts';

const hot = { warmth: 'hot', inFlight: 1, slots: 4, predictedWaitMs: 0, open: false } as const;

describe('news of a pool', () => {
  test('are asked for by one request at a time, and again when they are old', () => {
    const news = new PoolNews();
    expect(news.wants('a@1', 1_000_000)).toBe('first');
    expect(news.wants('a@1', 1_000_001)).toBe('nothing');
    news.learn('a@1', hot, 1_000_010, 0);
    expect(news.wants('a@1', 1_000_010 + glanceMs - 1)).toBe('nothing');
    expect(news.wants('a@1', 1_000_010 + glanceMs)).toBe('refresh');
    expect(news.wants('a@1', 1_000_011 + glanceMs)).toBe('nothing');
  });

  test.each([
    ['hot', 0, glanceMs],
    ['cold', 30_000, glanceMs],
    ['cold', 700, 700],
    ['cold', 0, soonGlanceMs],
    ['parked', 50, soonGlanceMs],
    ['cold', null, glanceMs],
  ] as const)(
    'of one that is %s and predicts a wait of %s ms are old after %i ms',
    (warmth, predictedWaitMs, ms) => {
      const news = new PoolNews();
      news.learn('a@1', { ...hot, warmth, predictedWaitMs }, 1_000_000, 0);
      expect(news.wants('a@1', 1_000_000 + ms - 1)).toBe('nothing');
      expect(news.wants('a@1', 1_000_000 + ms)).toBe('refresh');
    },
  );

  test('that never come are asked for again after a while', () => {
    const news = new PoolNews();
    expect(news.wants('a@1', 1_000_000)).toBe('first');
    expect(news.wants('a@1', 1_000_000 + glanceMs)).toBe('first');
  });

  test('say nothing any more when they are old', () => {
    const news = new PoolNews();
    news.learn('a@1', hot, 1_000_000, 0);
    expect(news.views(1_005_000).get('a@1')).toMatchObject({ warmth: 'hot', predictedWaitMs: 0, slots: 4 });
    expect(news.views(1_060_000).get('a@1')).toMatchObject({ warmth: null, predictedWaitMs: null, slots: 0 });
  });

  test('tell of slow first tokens once there are enough, of the last ones only', () => {
    const news = new PoolNews();
    for (let nth = 0; nth < 4; nth += 1) news.note({ version: 'a@1', firstTokenMs: 100 });
    expect(news.views(0).get('a@1')?.firstTokenMsP95).toBeNull();
    for (let nth = 0; nth < 200; nth += 1)
      news.note({ version: 'a@1', firstTokenMs: nth < 100 ? 10_000 : 300 });
    news.note({ version: 'a@1', firstTokenMs: null });
    expect(news.views(100).get('a@1')).toMatchObject({ firstTokenMsP50: 300, firstTokenMsP95: 300 });
  });

  test('are summed up once for all requests of a moment, and at once when a pool has answered', () => {
    const news = new PoolNews();
    const first = news.views(1_000);
    expect(news.views(1_099)).toBe(first);
    expect(news.views(1_100)).not.toBe(first);
    news.learn('a@1', hot, 1_101, 0);
    expect(news.views(1_101).get('a@1')).toMatchObject({ warmth: 'hot' });
  });

  test('count the requests that this isolate has placed and ended since the pool was glanced at', () => {
    const news = new PoolNews();
    const load = (): number | undefined => views.get('a@1')?.inFlight;
    news.entered('a@1~local', false, 1_000);
    news.learn('a@1', { ...hot, inFlight: 3 }, 1_000, 0);
    // Many requests read the same views.
    const views = news.views(1_000);
    expect(load()).toBe(3);
    news.entered('a@1~local', false, 1_000);
    news.entered('a@1~local', false, 1_000);
    expect(load()).toBe(5);
    for (let nth = 0; nth < 3; nth += 1) news.left('a@1~local', false, 1_000);
    expect([load(), news.sight('a@1', 1_000)?.fill]).toEqual([2, 2 / 4]);
    news.learn('a@1', { ...hot, inFlight: 1 }, 1_050, 0);
    expect(news.views(1_050).get('a@1')?.inFlight).toBe(1);
  });

  test('do not count the slots that this isolate keeps for its next requests, though the pool counts them as taken', () => {
    const news = new PoolNews();
    news.entered('a@1~local', false, 1_000);
    news.learn('a@1', { ...hot, inFlight: 4 }, 1_000, 2);
    const views = news.views(1_000);
    // One of this isolate, one of another.
    expect(views.get('a@1')?.inFlight).toBe(2);
    news.entered('a@1~local', false, 1_000);
    expect(views.get('a@1')?.inFlight).toBe(3);
  });

  test('say how many of its slots are kept for those who have only this pool, once some have come for a while', () => {
    const news = new PoolNews();
    const kept = (nowMs: number): number | undefined => news.views(nowMs).get('a@1')?.keptSlots;
    news.learn('a@1', { ...hot, slots: 10 }, 1_000, 0);
    for (let nth = 0; nth < 4; nth += 1) {
      news.entered('a@1~local', true, 1_000);
      news.entered('b@1~local', false, 1_000);
    }
    news.learn('a@1', { ...hot, slots: 10 }, 9_000, 0);
    news.learn('b@1', { ...hot, slots: 10 }, 9_000, 0);
    expect([kept(9_000), news.views(9_000).get('b@1')?.keptSlots]).toEqual([3, 0]);
    for (let nth = 0; nth < 4; nth += 1) news.left('a@1~local', true, 9_000);
    news.learn('a@1', { ...hot, slots: 10 }, 120_000, 0);
    expect(kept(120_000)).toBe(0);
  });

  test('never say that less than nothing is under way, nor anything of a pool that has not been glanced at', () => {
    const news = new PoolNews();
    news.entered('a@1~local', false, 1_000);
    expect(news.views(1_000).get('a@1')).toMatchObject({ inFlight: 0, slots: 0 });
    news.learn('a@1', { ...hot, inFlight: 0 }, 1_100, 0);
    news.left('a@1~local', false, 1_000);
    expect(news.views(1_100).get('a@1')?.inFlight).toBe(0);
  });

  test('that it is wanted are told to a pool now and then, not by every request', () => {
    const news = new PoolNews();
    expect(news.mayWake('a@1', 1_000_000)).toBe(true);
    expect(news.mayWake('a@1', 1_000_000 + wakeEveryMs - 1)).toBe(false);
    expect(news.mayWake('a@1', 1_000_000 + wakeEveryMs)).toBe(true);
  });

  test('are taken from what the pool said to those who hold its slots, where it knows its first tokens', () => {
    const heard: Heard = { heardMs: 1_000_000, verdict: { ...wellVerdict, firstTokenMsP50: null } };
    const news = new PoolNews(() => [['a@1~here', heard]]);
    for (let nth = 0; nth < 10; nth += 1) news.note({ version: 'a@1', firstTokenMs: 700 });
    expect(news.views(1_000_000).get('a@1')).toMatchObject({ firstTokenMsP50: 700, firstTokenMsP95: 90 });
  });

  test('of a pool that nobody glanced at are what its slots were told', () => {
    const heard: Heard = { heardMs: 1_000_000, verdict: wellVerdict };
    const news = new PoolNews(() => [['a@1~here', heard]]);
    expect(news.views(1_000_000).get('a@1')).toMatchObject({ firstTokenMsP95: 90, warmth: null, slots: 0 });
    expect(news.sight('a@1', 1_000_000)).toEqual({
      firstTokenMsP50: 50,
      firstTokenMsP95: 90,
      fill: null,
      replicas: null,
    });
    expect(news.sight('b@1', 1_000_000)).toBeNull();
    news.learn('a@1', { ...hot, replicas: 2 }, 1_000_000, 0);
    expect(news.sight('a@1', 1_000_000)).toMatchObject({ fill: 0.25, replicas: 2 });
  });

  describe('of its circuit', () => {
    const now = 1_000_000;
    const said = (probeInMs: number, agoMs = 0): Heard => ({
      heardMs: now - agoMs,
      verdict: { ...wellVerdict, targetOpen: true, probeDueMs: now + probeInMs },
    });
    const closed: Heard = { heardMs: now, verdict: wellVerdict };
    const isOpen = (
      heard: Heard | null,
      glance: boolean | undefined,
      agoMs: number,
      probeInMs: number | null = null,
    ): boolean => {
      const news = new PoolNews(() => (heard === null ? [] : [['a@1~here', heard]]));
      const { open: _open, ...silent } = hot;
      const probeDueMs = probeInMs === null ? null : now + probeInMs;
      const told = glance === undefined ? silent : { ...silent, open: glance, probeDueMs };
      news.learn('a@1', told, now - agoMs, 0);
      return news.views(now).get('a@1')?.open ?? false;
    };

    test.each<readonly [string, Heard | null, boolean | undefined, number, boolean]>([
      ['open by what its slots were told', said(100), undefined, 5_000, true],
      ['not once a probe is due: a request is to go there', said(0), undefined, 5_000, false],
      ['not long after that was heard', said(60_000, openTrustMs), undefined, 5_000, false],
      ['open by a glance, where nobody holds a slot', null, true, 0, true],
      ['not by an old glance', null, true, openTrustMs, false],
      ['closed by a later glance', said(100, 200), false, 100, false],
      ['open by a later glance', { ...closed, heardMs: now - 200 }, true, 100, true],
      ['closed by what was heard after the glance', closed, true, 100, false],
      ['closed where an object of an earlier version says nothing of it', null, undefined, 0, false],
    ])('%s', (...[, heard, glance, agoMs, open]) => {
      expect(isOpen(heard, glance, agoMs)).toBe(open);
    });

    test('open by a glance until a probe is due, which is for the next request to make', () => {
      expect(isOpen(null, true, 100, 1)).toBe(true);
      expect(isOpen(null, true, 100, 0)).toBe(false);
      expect(isOpen(said(-200, 200), true, 100, 0)).toBe(false);
    });
  });

  test('are kept of a bounded number of pools', () => {
    const news = new PoolNews();
    for (let nth = 0; nth < 1_000; nth += 1) news.learn(`m${nth}@1`, hot, 0, 0);
    expect(news.views(0).size).toBeLessThanOrEqual(256);
    expect(news.views(0).has('m999@1')).toBe(true);
  });
});
