// What an isolate knows of pools: when it asks, what it forgets, and how slow first tokens are.
import { describe, expect, test } from 'vitest';
import { glanceMs, PoolNews, wakeEveryMs } from '../../../src/hosts/pool-news.ts';

const hot = { warmth: 'hot', inFlight: 1, slots: 4, predictedWaitMs: 0, open: false } as const;

describe('news of a pool', () => {
  test('are asked for by one request at a time, and again when they are old', () => {
    const news = new PoolNews();
    expect(news.wants('a@1', 1_000_000)).toBe('first');
    expect(news.wants('a@1', 1_000_001)).toBe('nothing');
    news.learn('a@1', hot, 1_000_010);
    expect(news.wants('a@1', 1_000_010 + glanceMs - 1)).toBe('nothing');
    expect(news.wants('a@1', 1_000_010 + glanceMs)).toBe('refresh');
    expect(news.wants('a@1', 1_000_011 + glanceMs)).toBe('nothing');
  });

  test('that never come are asked for again after a while', () => {
    const news = new PoolNews();
    expect(news.wants('a@1', 1_000_000)).toBe('first');
    expect(news.wants('a@1', 1_000_000 + glanceMs)).toBe('first');
  });

  test('say nothing any more when they are old', () => {
    const news = new PoolNews();
    news.learn('a@1', hot, 1_000_000);
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
    news.learn('a@1', hot, 1_101);
    expect(news.views(1_101).get('a@1')).toMatchObject({ warmth: 'hot' });
  });

  test('that it is wanted are told to a pool now and then, not by every request', () => {
    const news = new PoolNews();
    expect(news.mayWake('a@1', 1_000_000)).toBe(true);
    expect(news.mayWake('a@1', 1_000_000 + wakeEveryMs - 1)).toBe(false);
    expect(news.mayWake('a@1', 1_000_000 + wakeEveryMs)).toBe(true);
  });

  test('are kept of a bounded number of pools', () => {
    const news = new PoolNews();
    for (let nth = 0; nth < 1_000; nth += 1) news.learn(`m${nth}@1`, hot, 0);
    expect(news.views(0).size).toBeLessThanOrEqual(256);
    expect(news.views(0).has('m999@1')).toBe(true);
  });
});
