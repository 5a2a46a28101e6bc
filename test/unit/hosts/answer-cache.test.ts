// Kept answers before a store that works, fails, hangs or lies. The store that works is the embedded one over SQLite.
import { describe, expect, test } from 'vitest';
import { err, ok } from '../../../src/core/base/result.ts';
import { answerBytesMax } from '../../../src/core/store/store-bounds.ts';
import { AnswerCache, type AnswerQuery, type FoundAnswer } from '../../../src/hosts/answer-cache.ts';
import type { EdgeStore } from '../../../src/store/edge-store.ts';
import { hexDigest } from '../../../functions/sha256.ts';
import { memoryStore } from '../../support/memory-store.ts';

const query: AnswerQuery = {
  tenant: 'demo',
  path: '/v1/chat/completions',
  kind: 'json',
  version: 'a@1',
  body: { messages: [{ role: 'user', content: 'hi' }], model: 'a@1' },
  ttlMs: 60_000,
};
const end = {
  failed: false,
  version: 'a@1',
  label: null,
  segments: 0,
  finishReason: 'stop',
  promptTokens: 1,
  completionTokens: 2,
};

class Edge {
  nowMs = 1_000_000;
  store: EdgeStore = memoryStore(() => this.nowMs);
  readonly cache = new AnswerCache();
  readonly #work: Promise<unknown>[] = [];

  find(change: Partial<AnswerQuery> = {}): Promise<FoundAnswer> {
    return this.cache.find(
      { ...query, ...change },
      {
        store: this.store,
        now: () => this.nowMs,
        digest: hexDigest,
        waitUntil: (work) => void this.#work.push(work),
      },
    );
  }

  /** A request whose model says `pieces`. */
  async serve(
    pieces: readonly string[],
    how: Partial<typeof end> & { readonly ask?: Partial<AnswerQuery> } = {},
  ): Promise<string> {
    const { ask, ...ends } = how;
    const found = await this.find(ask);
    if (found.outcome === 'hit') return `hit ${found.answer.text}`;
    for (const piece of pieces) found.recorder?.take(piece);
    found.recorder?.end({ ...end, ...ends });
    await Promise.all(this.#work.splice(0));
    return found.outcome;
  }
}

describe('an answer that may be kept', () => {
  test('is given again, whole and with what was told of it, until it expires', async () => {
    const edge = new Edge();
    expect(await edge.serve(['one ', 'two'])).toBe('miss');
    const found = await edge.find();
    expect(found).toMatchObject({
      outcome: 'hit',
      answer: {
        text: 'one two',
        keptMs: 1_000_000,
        finishReason: 'stop',
        promptTokens: 1,
        completionTokens: 2,
      },
    });
    edge.nowMs += 59_999;
    expect(await edge.serve([])).toBe('hit one two');
    edge.nowMs += 1;
    expect(await edge.serve(['new'])).toBe('miss');
    expect(await edge.serve([])).toBe('hit new');
  });

  test.each<readonly [string, Partial<AnswerQuery>]>([
    ['tenant', { tenant: 'acme' }],
    ['version', { version: 'a@2' }],
    ['parameter', { body: { ...query.body, temperature: 0 } }],
    ['kind of request', { path: '/v1/embeddings' }],
  ])('is nobody’s of another %s', async (_name, ask) => {
    const edge = new Edge();
    await edge.serve(['mine']);
    expect(await edge.serve(['theirs'], { ask, version: ask.version ?? 'a@1' })).toBe('miss');
    expect(await edge.serve([])).toBe('hit mine');
  });

  test.each<readonly [string, Partial<typeof end>]>([
    ['a substitute gave', { version: 'b@1', label: 'fallback b@1' } as never],
    ['broke off', { failed: true }],
    ['was filtered', { finishReason: 'content_filter' }],
    ['is of two parts', { segments: 1 }],
  ])('is none that %s', async (_name, how) => {
    const edge = new Edge();
    await edge.serve(['bad'], how);
    expect(await edge.serve(['good'])).toBe('miss');
    expect(await edge.serve([])).toBe('hit good');
  });

  test('is none that is too large, and none of it is held', async () => {
    const edge = new Edge();
    const piece = 'x'.repeat(answerBytesMax / 4);
    await edge.serve([piece, piece, piece, piece, 'x']);
    expect(await edge.serve(['small'])).toBe('miss');
  });
});

describe('a store that fails', () => {
  test.each(['late', 'down', 'garbage'] as const)(
    'with %s costs the request its kept answer and nothing else, and rests after three',
    async (fault) => {
      const edge = new Edge();
      let asked = 0;
      const working = edge.store;
      edge.store = {
        ...working,
        readAnswer: async () => {
          asked += 1;
          return err(fault);
        },
      };
      for (let at = 0; at < 3; at += 1) expect(await edge.serve(['fresh'])).toBe(fault);
      for (let at = 0; at < 5; at += 1) expect(await edge.serve(['fresh'])).toBe('resting');
      expect(asked).toBe(3);
      edge.store = working;
      edge.nowMs += 1_000;
      expect(await edge.serve(['back'])).toBe('miss');
      expect(await edge.serve([])).toBe('hit back');
    },
  );

  test('that fails to keep is told nobody, and rests too', async () => {
    const edge = new Edge();
    edge.store = { ...edge.store, keepAnswer: async () => err('late'), readAnswer: async () => ok(null) };
    // A good answer to a question forgets what keeping has met: only what fails in a row counts.
    for (let at = 0; at < 5; at += 1) expect(await edge.serve(['fresh'])).toBe('miss');
  });

  test('that hands out another tenant’s answer is not believed', async () => {
    const edge = new Edge();
    await edge.serve(['of demo']);
    const found = await edge.find();
    const stolen = found.outcome === 'hit' ? JSON.stringify(found.answer) : '';
    edge.store = { ...edge.store, readAnswer: async () => ok(stolen) };
    expect(await edge.serve([])).toBe('hit of demo');
    expect(await edge.serve(['of acme'], { ask: { tenant: 'acme' } })).toBe('garbage');
  });

  test.each(['', 'null', '{}', '\u{FFFD}', '{"tenant":"demo"}'])(
    'that hands out %j is not believed',
    async (text) => {
      const edge = new Edge();
      edge.store = { ...edge.store, readAnswer: async () => ok(text) };
      expect(await edge.serve(['fresh'])).toBe('garbage');
    },
  );
});
