// The model call of a session's turn: the text arrives in order, piece by piece, and the verdict is the one of any stream.
import { afterEach, describe, expect, it } from 'vitest';
import { performChatTurn } from '../../../src/hosts/chat-turn.ts';
import {
  answer,
  type Behaviour,
  delta,
  flood,
  GOOD_STREAM,
  keepSummary,
  LIMITS,
  makeBench,
  makeRequest,
  stallAfter,
  startUpstream,
} from './faulty-replica.ts';
import { countTimeInTurns } from './turn-time.ts';

countTimeInTurns();

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function setUp(behave: Behaviour) {
  const upstream = await startUpstream(behave);
  cleanups.push(() => upstream.close());
  return { upstream, bench: makeBench(upstream.endpoint), ...keepSummary() };
}

it('gives the text in pieces and as a whole', async () => {
  const { bench, onEnd, summaries } = await setUp(answer(GOOD_STREAM));
  const pieces: string[] = [];
  const turn = await performChatTurn(
    bench.ports,
    makeRequest({ onEnd }),
    LIMITS,
    async (text) => void pieces.push(text),
  );
  expect(turn).toMatchObject({
    ok: true,
    value: {
      text: 'Hello',
      finishReason: 'stop',
      usage: { promptTokens: 7, completionTokens: 2 },
      served: { warmth: 'hot' },
    },
  });
  expect(pieces.join('')).toBe('Hello');
  expect(bench.released).toEqual(['served']);
  expect(summaries).toHaveLength(1);
});

it('awaits each piece before it reads on', async () => {
  const { bench } = await setUp(answer(delta('a').repeat(2_000) + GOOD_STREAM));
  let busy = 0;
  const turn = await performChatTurn(
    bench.ports,
    makeRequest(),
    { ...LIMITS, replyBytesMax: 1 << 20 },
    async () => {
      busy += 1;
      expect(busy).toBe(1);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      busy -= 1;
    },
  );
  expect(turn.ok && turn.value.text.length).toBe(2_005);
});

describe('what goes wrong', () => {
  it('a broken stream is a failure; what was seen was seen', async () => {
    const { bench } = await setUp(answer(delta('Hel')));
    let seen = '';
    const turn = await performChatTurn(
      bench.ports,
      makeRequest(),
      LIMITS,
      async (text) => void (seen += text),
    );
    expect(turn).toEqual({ ok: false, error: { kind: 'stream-cut' } });
    expect(seen).toBe('Hel');
    expect(bench.released).toEqual(['replica-failed']);
  });

  it('a turn that is given up lets go of the replica', async () => {
    const { bench, upstream } = await setUp(stallAfter(delta('Hel')));
    const giveUp = new AbortController();
    const turn = await performChatTurn(
      bench.ports,
      makeRequest({ signal: giveUp.signal }),
      LIMITS,
      async () => giveUp.abort(),
    );
    expect(turn).toEqual({ ok: false, error: { kind: 'client-gone' } });
    expect(bench.released).toEqual(['client-gone']);
    await expect.poll(() => upstream.open()).toBe(0);
  });

  it('what the caller throws is thrown on, with the slot given back', async () => {
    const { bench, upstream } = await setUp(stallAfter(delta('Hel')));
    const turn = performChatTurn(bench.ports, makeRequest(), LIMITS, async () => {
      throw new Error('the disk is full');
    });
    await expect(turn).rejects.toThrow('the disk is full');
    expect(bench.released).toEqual(['client-gone']);
    await expect.poll(() => upstream.open()).toBe(0);
  });

  it('an answer without end is not gathered without end', async () => {
    const { bench } = await setUp(flood(delta('x'.repeat(1_000)), () => {}));
    let seen = 0;
    const turn = await performChatTurn(
      bench.ports,
      makeRequest(),
      LIMITS,
      async (text) => void (seen += text.length),
    );
    expect(turn).toEqual({ ok: false, error: { kind: 'bad-reply' } });
    expect(seen).toBeLessThanOrEqual(LIMITS.replyBytesMax);
  });
});
