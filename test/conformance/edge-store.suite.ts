// What every store of the edges guarantees, wherever it keeps things. The clock is the test's (`vi.setSystemTime`), so that nothing waits.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AnswerPlace } from '../../src/core/store/answer-record.ts';
import {
  answerBytesMax,
  shardAnswersMax,
  shardBytesMax,
  type StoreTimes,
} from '../../src/core/store/store-bounds.ts';
import { sharedFreshMs, type PublishedRules } from '../../src/core/store/shared-rules.ts';
import { fingerprint } from '../../src/core/tenant/rule-versions.ts';
import type { RateAsk, RateGrant } from '../../src/core/store/rate-window.ts';
import type {
  AnswerStore,
  EdgeStore,
  RateStore,
  RulesOrigin,
  RulesStore,
} from '../../src/store/edge-store.ts';

/** A key (64 hex digits) in the part that `part` names. */
export function keyOf(at: number, part = 'a'): string {
  return part + at.toString(16).padStart(63, '0');
}

/** Nothing here is about time: on a machine that is busy elsewhere a call may take a while. */
export const patientTimes: StoreTimes = {
  answerReadMs: 20_000,
  answerKeepMs: 20_000,
  rateTakeMs: 20_000,
  rulesReadMs: 20_000,
  rulesOriginMs: 20_000,
};

/** Far ahead, so that nothing that was set for then happens by itself. */
const startMs = Date.UTC(2100, 0, 1);

/** `open` gives an empty store each time. */
export function describeEdgeStore(name: string, open: (origin: RulesOrigin) => Promise<EdgeStore>): void {
  const silent: RulesOrigin = () => Promise.reject(new Error('nobody asks for rules here'));
  describeAnswers(name, () => open(silent));
  describeRates(name, () => open(silent));
  describeRules(name, open);
}

function describeAnswers(name: string, open: () => Promise<AnswerStore>): void {
  describe(`${name}: kept answers`, () => {
    let store: AnswerStore;
    const keep = async (place: AnswerPlace, text: string, ttlMs = 60_000): Promise<void> => {
      const done = await store.keepAnswer(place, { text, expiresMs: Date.now() + ttlMs });
      expect(done).toEqual({ ok: true, value: null });
    };
    const read = async (place: AnswerPlace): Promise<string | null> => {
      const found = await store.readAnswer(place);
      if (!found.ok) throw new Error(found.error);
      return found.value;
    };
    const placeOf = (at: number, tenant = 'demo'): AnswerPlace => ({ tenant, key: keyOf(at) });

    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: startMs });
      store = await open();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test('what was never kept is not there', async () => {
      expect(await read(placeOf(1))).toBeNull();
    });

    test.each([
      ['plain', 'an answer'],
      ['empty', ''],
      ['that looks like a number', '0012'],
      ['that looks like null', 'null'],
      ['that is JSON', '{"a":[1,"2",null]}'],
      ['that is OK', 'OK'],
      ['of more than one line, with carriage returns', 'data: {}\n\ndata: \r\n end\n\n'],
      ['of all alphabets', 'Grüße — 你好 👋🏽 \u{10FFFF}'],
    ])('a text %s comes back as it was, to the last character', async (_name, text) => {
      await keep(placeOf(1), text);
      expect(await read(placeOf(1))).toBe(text);
    });

    test('the largest text that is kept comes back whole', async () => {
      const text = '{"é": "\\"}'.repeat(40_000).slice(0, answerBytesMax / 2);
      await keep(placeOf(1), text);
      expect(await read(placeOf(1))).toBe(text);
    });

    test('what was kept last under a key is what is there', async () => {
      await keep(placeOf(1), 'first');
      await keep(placeOf(1), 'second');
      expect(await read(placeOf(1))).toBe('second');
    });

    test('no tenant reads what another has kept under the same key', async () => {
      await keep(placeOf(1, 'acme'), 'of acme');
      expect(await read(placeOf(1, 'demo'))).toBeNull();
      await keep(placeOf(1, 'demo'), 'of demo');
      expect(await read(placeOf(1, 'acme'))).toBe('of acme');
    });

    test('an answer ends at its time, not later, and does not take others with it', async () => {
      await keep(placeOf(1), 'short', 1_000);
      await keep(placeOf(2), 'long', 5_000);
      vi.setSystemTime(startMs + 999);
      expect(await read(placeOf(1))).toBe('short');
      vi.setSystemTime(startMs + 1_000);
      expect(await read(placeOf(1))).toBeNull();
      expect(await read(placeOf(2))).toBe('long');
      await keep(placeOf(3), 'newer', 1_000);
      expect(await read(placeOf(2))).toBe('long');
      vi.setSystemTime(startMs + 5_000);
      expect(await read(placeOf(2))).toBeNull();
    });

    test('a part keeps so many answers and no more: what expires first makes room', async () => {
      for (let at = 0; at <= shardAnswersMax; at += 1) await keep(placeOf(at), `answer ${at}`, 60_000 + at);
      await keep({ tenant: 'demo', key: keyOf(1, 'b') }, 'of another part', 1_000);
      expect(await read(placeOf(0))).toBeNull();
      expect(await read(placeOf(1))).toBe('answer 1');
      expect(await read(placeOf(shardAnswersMax))).toBe(`answer ${shardAnswersMax}`);
      expect(await read({ tenant: 'demo', key: keyOf(1, 'b') })).toBe('of another part');
    });

    test('a part keeps so many bytes and no more, also when answers are replaced by larger ones', async () => {
      const large = 'é'.repeat(answerBytesMax / 2 - 16);
      const fit = Math.floor(shardBytesMax / answerBytesMax);
      for (let at = 0; at < fit; at += 1) await keep(placeOf(at), 'small', 60_000 + at);
      for (let at = 0; at < fit + 2; at += 1) await keep(placeOf(at), large, 60_000 + at);
      const there = await Promise.all(Array.from({ length: fit + 2 }, (_, at) => read(placeOf(at))));
      const count = there.filter((text) => text !== null).length;
      expect(count).toBeGreaterThanOrEqual(fit);
      expect(count * new TextEncoder().encode(large).length).toBeLessThanOrEqual(shardBytesMax);
      expect(there[0]).toBeNull();
      expect(there.at(-1)).toBe(large);
    });

    test('many who keep and read at once get whole answers, each its own', async () => {
      const all = Array.from({ length: 64 }, (_, at) => at);
      await Promise.all(all.map((at) => keep(placeOf(at % 16), `answer ${at % 16} by ${at}`)));
      const there = await Promise.all(all.map((at) => read(placeOf(at % 16))));
      for (const [at, text] of there.entries())
        expect(text).toMatch(new RegExp(`^answer ${at % 16} by \\d+$`));
    });
  });
}

function describeRates(name: string, open: () => Promise<RateStore>): void {
  describe(`${name}: permits`, () => {
    const windowMs = 60_000;
    let store: RateStore;
    const take = async (want: number, change: Partial<RateAsk> = {}): Promise<RateGrant> => {
      const taken = await store.takePermits({ tenant: 'demo', limit: 100, windowMs, want, ...change });
      if (!taken.ok) throw new Error(taken.error);
      return taken.value;
    };

    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: startMs + 1_000 });
      store = await open();
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test('are given in lots, as many as are left, until the window ends', async () => {
      const resetMs = startMs + windowMs;
      expect(await take(70)).toEqual({ granted: 70, resetMs });
      expect(await take(70)).toEqual({ granted: 30, resetMs });
      expect(await take(1)).toEqual({ granted: 0, resetMs });
      vi.setSystemTime(resetMs - 1);
      expect(await take(1)).toEqual({ granted: 0, resetMs });
      vi.setSystemTime(resetMs);
      expect(await take(1)).toEqual({ granted: 1, resetMs: resetMs + windowMs });
      expect((await take(100)).granted).toBe(99);
    });

    test('are no more than the limit, however many are wanted', async () => {
      expect((await take(1_000)).granted).toBe(100);
      expect((await take(1_000)).granted).toBe(0);
    });

    test('of one tenant are none of another', async () => {
      expect((await take(100, { tenant: 'acme' })).granted).toBe(100);
      expect((await take(100)).granted).toBe(100);
    });

    test('a limit that is lowered holds at once', async () => {
      expect((await take(60)).granted).toBe(60);
      expect((await take(60, { limit: 50 })).granted).toBe(0);
      expect((await take(60, { limit: 80 })).granted).toBe(20);
    });

    test('many who ask at once get no more than there is, and what they leave can still be had', async () => {
      const all = await Promise.all(Array.from({ length: 40 }, () => take(7)));
      const given = all.reduce((sum, { granted }) => sum + granted, 0);
      expect(given).toBeLessThanOrEqual(100);
      expect((await take(100)).granted).toBe(100 - given);
      expect((await take(1)).granted).toBe(0);
    });
  });
}

/** A tenant's object, as far as a store knows it. */
export class RulesSource {
  current: PublishedRules = { version: 0, generation: 0, hash: 'file', document: null };
  isDead = false;
  asked = 0;

  publish(version: number): PublishedRules {
    const document = JSON.stringify({
      aliases: {},
      rules: [{ id: `rule-${version}`, target: 'a@1' }],
      keys: {},
    });
    this.current = { version, generation: version * 1_000, hash: fingerprint(document), document };
    return this.current;
  }

  readonly follow: RulesOrigin = async (_tenant, knownGeneration) => {
    this.asked += 1;
    if (this.isDead) throw new Error('the object is dead');
    const { current } = this;
    return current.generation === knownGeneration ? { ...current, document: null } : current;
  };
}

function describeRules(name: string, open: (origin: RulesOrigin) => Promise<RulesStore>): void {
  describe(`${name}: published rules`, () => {
    let source: RulesSource;
    let store: RulesStore;
    const follow = async (knownGeneration = -1, tenant = 'demo'): Promise<PublishedRules> => {
      const followed = await store.followRules(tenant, knownGeneration);
      if (!followed.ok) throw new Error(followed.error);
      return followed.value;
    };
    const later = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

    beforeEach(async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: startMs });
      source = new RulesSource();
      store = await open(source.follow);
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test('are the tenant’s file until some are published', async () => {
      expect(await follow()).toEqual({ version: 0, generation: 0, hash: 'file', document: null });
      expect(await follow()).toEqual({ version: 0, generation: 0, hash: 'file', document: null });
    });

    test('come whole to one who does not know them, and as a number to one who does', async () => {
      const made = source.publish(1);
      expect(await follow()).toEqual(made);
      expect(await follow(1_000)).toEqual({ ...made, document: null });
      later(sharedFreshMs + 1);
      expect(await follow(1_000)).toEqual({ ...made, document: null });
      expect(await follow()).toEqual(made);
    });

    test('are followed within half a second, and at once where they are announced', async () => {
      source.publish(1);
      await follow();
      const second = source.publish(2);
      later(sharedFreshMs + 1);
      expect(await follow(1_000)).toEqual(second);
      const third = source.publish(3);
      expect(await store.announceRules('demo', third)).toEqual({ ok: true, value: null });
      expect(await follow(2_000)).toEqual(third);
    });

    test('never go back to an older generation because somebody was slow to write it down', async () => {
      const first = source.publish(1);
      const second = source.publish(2);
      await follow();
      await store.announceRules('demo', second);
      await store.announceRules('demo', first);
      expect(await follow()).toEqual(second);
    });

    test('of one tenant are none of another', async () => {
      const made = source.publish(1);
      await store.announceRules('acme', made);
      source.publish(2);
      expect((await follow(-1, 'demo')).generation).toBe(2_000);
    });

    test('of an object that is dead are a fault, or what was good last', async () => {
      const made = source.publish(1);
      await follow();
      source.isDead = true;
      later(60_000);
      const followed = await store.followRules('demo', -1);
      expect(followed).toEqual(followed.ok ? { ok: true, value: made } : { ok: false, error: 'down' });
    });
  });
}
